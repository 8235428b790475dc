"""Answers requests, several at a time where the model may be called once for them, and never raises."""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence

from .batching import Key, Unsplittable, rows_are_independent, stack_key
from .errors import ModelError, RequestError, StartError
from .handler import Handler
from .logs import log_event
from .messages import Answer, Request
from .refusals import refusal
from .work import Work

_DEFAULT_BATCH = 32
_WARM_UPS = 3  # TorchScript specializes a graph in its first calls
_LONGEST_BUNDLE = 0.001  # seconds

Placed = tuple[int, Answer]
"""A request's place among those that were given, and its answer."""


class Responder:
    """A warmed-up handler.

    Parameters
    ----------
    handler
        The loaded model.

    Raises
    ------
    StartError
        The model does not answer its warm-up sample, or cannot be called for several requests as the settings ask.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._warm_up()
        self.batch_size = self._batch_size()
        """How many requests one call of `respond` may be given."""

    def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Answer]]:
        """Answer requests, each as soon as its answer is known.

        Parameters
        ----------
        requests
            Those that wait; at most `batch_size`.

        Returns
        -------
        Iterator[tuple[int, Answer]]
            A request's place in `requests`, and its answer, which may be a refusal.
        """
        for several in self.respond_together(requests):
            yield from several

    def respond_together(self, requests: Sequence[Request]) -> Iterator[list[Placed]]:
        """Answer as `respond` does; what is known at the same time comes together, to be sent together.

        No answer waits for a prediction, nor longer than a millisecond for the `output_fn` of others.
        """
        if self.batch_size == 1 or len(requests) == 1:
            for place, request in enumerate(requests):
                yield [(place, self._alone(Work(request)))]
            return
        waiting: list[tuple[int, Work]] = []
        for place, request in enumerate(requests):
            work = Work(request)
            try:
                self._handler.read(work)
            except Exception as error:  # noqa: BLE001 - a refusal is an answer, too
                yield [(place, refusal(error, work.request.id, work.milliseconds))]
            else:
                waiting.append((place, work))
        yield from self._predicted(waiting)

    def _predicted(self, waiting: list[tuple[int, Work]]) -> Iterator[list[Placed]]:
        keyed: dict[Key | None, list[tuple[int, Work]]] = {}  # in the order in which the first of each came
        for place, work in waiting:
            keyed.setdefault(stack_key(work.data), []).append((place, work))
        for key, same in keyed.items():
            places, works = zip(*same, strict=True)
            if key is None:
                yield from _one_by_one(places, map(self._finish, works))
            else:
                yield from self._together(places, works)

    def _together(self, places: Sequence[int], works: Sequence[Work]) -> Iterator[list[Placed]]:
        if len(works) > 1:
            try:
                self._handler.predict(works)
            except Unsplittable as error:
                # it did run, so it does not run again
                fault = ModelError(f"the prediction for {len(works)} requests cannot be split: {error}")
                answers = (refusal(fault, work.request.id, work.milliseconds) for work in works)
                yield list(zip(places, answers, strict=True))
                return
            except RequestError as error:
                # one request may have spoilt it for all, and none has a prediction yet
                log_event("batch_failed", level=logging.WARNING, requests=len(works), reason=str(error))
            else:
                yield from _in_bundles(zip(places, map(self._written, works), strict=True))
                return
        yield from _one_by_one(places, map(self._finish, works))

    def _alone(self, work: Work) -> Answer:
        try:
            return self._handler.answer(work)
        except Exception as error:  # noqa: BLE001 - a refusal is an answer, too
            return refusal(error, work.request.id, work.milliseconds)

    def _finish(self, work: Work) -> Answer:
        try:
            self._handler.predict([work])
            return self._handler.write(work)
        except Exception as error:  # noqa: BLE001 - a refusal is an answer, too
            return refusal(error, work.request.id, work.milliseconds)

    def _written(self, work: Work) -> Answer:
        try:
            return self._handler.write(work)
        except Exception as error:  # noqa: BLE001 - a refusal is an answer, too
            return refusal(error, work.request.id, work.milliseconds)

    def _warm_up(self) -> None:
        sample = self._handler.settings.warm_up
        if sample is None:
            return
        try:
            for _ in range(_WARM_UPS):
                self._handler.invoke(sample.request())
        except RequestError as error:
            raise StartError(
                f"the warm-up sample {sample.name} ({sample.content_type}) gets {error.status}: {error}"
            ) from error.__cause__

    def _batch_size(self) -> int:
        """Return how many requests may be answered by one call of the model, proven by the warm-up sample."""
        handler, size = self._handler, self._handler.settings.options.batch.max_size
        if size == 1 or (size is None and not handler.predicts_by_default):
            return 1
        if handler.transforms:
            raise StartError(
                "serving.batch.max_size needs a predict_fn, but the handler has a transform_fn; drop it"
            )
        try:
            proven = self._is_proven()
        except Unsplittable as error:
            if size is None:
                return 1
            raise StartError(
                f"serving.batch.max_size is {size}, but a prediction cannot be split: {error}; drop it"
            ) from None
        if size is None:
            return _DEFAULT_BATCH if proven else 1
        return size

    def _is_proven(self) -> bool:
        sample = self._handler.settings.warm_up
        if sample is None:
            return False
        first = Work(sample.request())
        self._handler.read(first)

        def predict(data: object) -> object:
            work = Work(first.request)
            work.data = data
            self._handler.predict([work])
            return work.prediction

        try:
            return rows_are_independent(predict, first.data)
        except RequestError as error:
            log_event("batch_not_proven", level=logging.WARNING, reason=str(error))
            return False


def _one_by_one(places: Iterable[int], answers: Iterable[Answer]) -> Iterator[list[Placed]]:
    return ([placed] for placed in zip(places, answers, strict=True))


def _in_bundles(answers: Iterable[Placed]) -> Iterator[list[Placed]]:
    """Return the answers in lists, each of which took no longer than `_LONGEST_BUNDLE` and one answer more."""
    bundle: list[Placed] = []
    began = time.perf_counter()
    for placed in answers:
        bundle.append(placed)
        if time.perf_counter() - began > _LONGEST_BUNDLE:
            yield bundle
            bundle, began = [], time.perf_counter()
    if bundle:
        yield bundle
