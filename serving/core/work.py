"""A request on its way through the handler."""

import time
from typing import Any

from .context import RequestProcessor
from .messages import Request


class Work:
    """What is known of a request so far.

    Parameters
    ----------
    request
        The request.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.processor = RequestProcessor(request.headers, request.id)
        self.data: Any = None
        """What `input_fn` returned."""
        self.prediction: Any = None
        """What `predict_fn` returned, or this request's part of it."""
        self.milliseconds: dict[str, float] = {}
        """What each phase took."""

    def timed(self, phase: str) -> "Phase":
        """Measure a phase: `with work.timed("input"):`."""
        return Phase(self.milliseconds, phase)


class Phase:
    """Measures a block; a class of its own, since a generator's context manager takes longer than small models.

    Parameters
    ----------
    milliseconds
        Gets what the block took, under `name`.
    name
        The phase's name.
    """

    __slots__ = ("_milliseconds", "_name", "_start")

    def __init__(self, milliseconds: dict[str, float], name: str) -> None:
        self._milliseconds = milliseconds
        self._name = name

    def __enter__(self) -> None:
        self._start = time.perf_counter_ns()

    def __exit__(self, *_: object) -> None:
        self._milliseconds[self._name] = (time.perf_counter_ns() - self._start) // 1000 / 1000
