"""The handler: the user's functions where there are any, the defaults where not, around one model."""

from collections.abc import Sequence
from typing import Any

import torch

from . import defaults
from .answer import raw_body, to_answer
from .batching import split, stacked
from .calls import run, run_default, run_input, text_or_bytes
from .codecs import ENCODED_TYPES, encode
from .context import Context
from .errors import RequestError, StartError, described
from .media_types import RAW, media_type, negotiate, preferred
from .messages import Answer, Request
from .model_file import load_model
from .model_input import model_input
from .optimize import optimized
from .settings import Settings
from .user_code import user_functions
from .work import Work


class Handler:
    """Answers requests with one model; not for more than one thread at a time.

    Loading happens here: the handler is imported, and its `model_fn` called, once.

    Parameters
    ----------
    settings
        What to serve.
    worker
        The number of this worker, which decides about its GPU.

    Raises
    ------
    StartError
        The handler cannot be imported or the model not be loaded; the cause is the user's exception.
    """

    def __init__(self, settings: Settings, worker: int = 0) -> None:
        self._settings = settings
        self._options = settings.options
        self._device = defaults.find_device(self._options.device, worker)
        self._system_properties: dict[str, object] = {
            "model_dir": str(settings.model_dir),
            "gpu_id": self._device.index if self._device.type == "cuda" else None,
        }
        self._user = user_functions(settings.entry_point, settings.model_dir / "code")
        self._model = self._load()
        self._takes = model_input(self._model, self._device)
        if self.predicts_by_default:
            self._model = self._optimized()

    @property
    def settings(self) -> Settings:
        """What it serves."""
        return self._settings

    @property
    def transforms(self) -> bool:
        """Whether one function of the user's takes the body and returns the answer."""
        return "transform_fn" in self._user

    @property
    def predicts_by_default(self) -> bool:
        """Whether the default `predict_fn` calls the model."""
        return not ("predict_fn" in self._user or "transform_fn" in self._user)

    def invoke(self, request: Request) -> Answer:
        """Answer one request.

        Raises
        ------
        RequestError
            4xx for the client's fault, 500 for the model's, whose cause is the exception of the user's code.
        """
        return self.answer(Work(request))

    def answer(self, work: Work) -> Answer:
        """Take one request through all phases; raises as `invoke`."""
        if self.transforms:
            return self._transform(work)
        self.read(work)
        self.predict([work])
        return self.write(work)

    def read(self, work: Work) -> None:
        """Run `input_fn`.

        Raises
        ------
        RequestError
            The body cannot be read; or the answer could not be written as Accept asks, and the model would work
            in vain.
        """
        if self.predicts_by_default and "output_fn" not in self._user:
            self._negotiated(work.request)
        with work.timed("input"):
            work.data = self._input(work)

    def predict(self, works: Sequence[Work]) -> None:
        """Run `predict_fn` once, for one request or for several that stack.

        Raises
        ------
        RequestError
            It failed.
        Unsplittable
            It answered, but not with one row for each row of the requests that were stacked.
        """
        data = works[0].data if len(works) == 1 else stacked([work.data for work in works])
        with works[0].timed("predict"):
            prediction = self._predict(data, works)
        sizes = [len(work.data) for work in works] if len(works) > 1 else []
        parts = split(prediction, sizes) if sizes else [prediction]
        for work, part in zip(works, parts, strict=True):
            work.prediction = part
            work.milliseconds["predict"] = works[0].milliseconds["predict"]

    def write(self, work: Work) -> Answer:
        """Run `output_fn`.

        Raises
        ------
        RequestError
            It failed, or what it returned cannot be sent.
        """
        with work.timed("output"):
            answer = self._output(work)
        return _completed(answer, work)

    def _transform(self, work: Work) -> Answer:
        request = work.request
        body, kind = text_or_bytes(request), media_type(request.content_type)
        with work.timed("predict"):
            returned = run(
                self._user["transform_fn"],
                *(self._model, body, kind, self._preferred(request)),
                context=self._context([work]),
            )
        with work.timed("output"):
            answer = self._to_answer(returned, request)
        return _completed(answer, work)

    def _load(self) -> Any:
        function = self._user.get("model_fn")
        if function is None:
            return self._placed(load_model(self._settings.model_dir, self._device))
        try:
            model = function(str(self._settings.model_dir), context=self._context([]))
        except (Exception, SystemExit) as error:
            raise StartError(
                f"model_fn of {self._settings.entry_point} raised {described(error)}; the model is not loaded"
            ) from error
        return self._placed(model)

    def _placed(self, model: Any) -> Any:
        """Put the model on the device and into evaluation mode, once, where the default `predict_fn` calls it."""
        if not self.predicts_by_default or not isinstance(model, torch.nn.Module):
            return model
        # an exported program is where it belongs, and refuses eval()
        return model if isinstance(model, torch.fx.GraphModule) else model.to(self._device).eval()

    def _optimized(self) -> Any:
        sample = self._sample()
        autocast = self._options.autocast_dtype
        return optimized(
            self._model,
            self._options.optimize,
            (lambda model: defaults.predict_fn(sample, model, self._device, autocast))
            if sample is not None
            else None,
        )

    def _sample(self) -> Any:
        """Return what `input_fn` makes of the warm-up sample; None without one, or where it refuses that."""
        sample = self._settings.warm_up
        if sample is None:
            return None
        try:
            return self._input(Work(sample.request()))
        except RequestError:
            return None  # the warm-up itself will say so

    def _context(self, works: Sequence[Work]) -> Context:
        return Context(self._system_properties, [work.processor for work in works])

    def _input(self, work: Work) -> Any:
        function, request = self._user.get("input_fn"), work.request
        if function is None:
            raw = not self.predicts_by_default
            return run_default(lambda: defaults.input_fn(request.body, request.content_type, self._takes, raw=raw))
        return run_input(function, request, self._context([work]))

    def _predict(self, data: Any, works: Sequence[Work]) -> Any:
        function = self._user.get("predict_fn")
        if function is None:
            autocast = self._options.autocast_dtype
            return run_default(lambda: defaults.predict_fn(data, self._model, self._device, autocast))
        return run(function, data, self._model, context=self._context(works))

    def _output(self, work: Work) -> Answer:
        request, function = work.request, self._user.get("output_fn")
        if function:
            accept = self._preferred(request)
            return self._to_answer(run(function, work.prediction, accept, context=self._context([work])), request)
        if not isinstance(work.prediction, str) and (body := raw_body(work.prediction)) is not None:
            # bytes are what they are: JSON only where the client says that it knows so
            return Answer(body, preferred(request.accept, RAW, (RAW,)))
        accept = self._negotiated(request)
        nan_is_null = self._options.nan == "null"
        return Answer(run_default(lambda: encode(work.prediction, accept, nan_is_null=nan_is_null)), accept)

    def _to_answer(self, returned: Any, request: Request) -> Answer:
        return to_answer(
            returned,
            preferred=self._preferred(request),
            negotiated=lambda: self._negotiated(request),
            nan_is_null=self._options.nan == "null",
        )

    def _preferred(self, request: Request) -> str:
        return preferred(request.accept, self._settings.default_accept, ENCODED_TYPES)

    def _negotiated(self, request: Request) -> str:
        return negotiate(request.accept, self._settings.default_accept, ENCODED_TYPES)


def _completed(answer: Answer, work: Work) -> Answer:
    """Add what the handler told the context."""
    headers = work.processor.get_response_headers()
    content_type = headers.pop("content-type", answer.content_type)
    status = work.processor.get_response_status_code()
    return Answer(answer.body, content_type, status, headers, work.milliseconds)
