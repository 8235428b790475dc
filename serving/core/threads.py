"""Whether a model's work is worth sharing out among threads."""

import time
from collections.abc import Callable

import torch

from .errors import RequestError
from .handler import Handler
from .messages import Request

_SMALL = 0.001  # seconds; below, waking the other threads costs as much as they save
_TRIES = 5  # TorchScript specializes a graph in its first calls, so the fastest counts


def one_is_enough(handler: Handler) -> bool:
    """Whether one thread answers the warm-up sample so fast that more would only be in one another's way.

    Parameters
    ----------
    handler
        The loaded model; without a sample, or where the sample fails, the answer is no.
    """
    sample = handler.settings.warm_up
    if sample is None:
        return False
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        fastest = min(_seconds(handler, sample.request) for _ in range(_TRIES))
    except RequestError:
        return False  # the warm-up itself will say so
    finally:
        torch.set_num_threads(threads)
    return fastest < _SMALL


def _seconds(handler: Handler, request: Callable[[], Request]) -> float:
    start = time.perf_counter()
    handler.invoke(request())
    return time.perf_counter() - start
