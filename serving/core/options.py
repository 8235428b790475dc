"""How a model is served: the section `serving` of `serving.json`, checked without any library."""

import difflib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from .errors import StartError

Section = Mapping[str, Any]

_DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")
_AUTOCAST = ("bfloat16", "float16")
_OPTIMIZE = (True, False, "freeze")
_NAN = ("refuse", "null")


@dataclass(frozen=True)
class Batch:
    """Micro-batching.

    Parameters
    ----------
    max_size
        Requests that one call of the model may answer. None leaves it to the server: 32 where the default
        `predict_fn` calls the model and the warm-up sample proves that its rows do not depend on one another,
        else 1, which is no batching.
    """

    max_size: int | None = None


@dataclass(frozen=True)
class Options:
    """How a model is served; each has a default.

    Parameters
    ----------
    workers
        Processes that each hold the model; None for one per GPU, else one.
    threads
        Threads of one worker's operators; None shares the container's cores out among the workers.
    device
        `auto` (a GPU where there is one), `cpu`, `cuda` or `cuda:N`.
    autocast_dtype
        `bfloat16` or `float16`, in which the default `predict_fn` runs what gains by it.
    optimize
        What is done to a TorchScript model that the default `predict_fn` calls. True: freeze it, and try
        `torch.jit.optimize_for_inference` on the warm-up sample; "freeze": freeze only; False: nothing.
    nan
        What NaN and infinity in a JSON answer are: "refuse" answers 500, "null" writes null.
    queue_size
        Requests that wait for a free worker; those beyond are answered 503 at once.
    request_timeout
        Seconds that a request may take in all; SageMaker itself waits 60 (API_runtime_InvokeEndpoint), or up to
        3600 for asynchronous inference.
    max_body_bytes
        The largest body; the default is TorchServe's `max_request_size`.
    log_requests
        Whether every request has a line in the log, or failed ones alone.
    batch
        Micro-batching.
    """

    workers: int | None = None
    threads: int | None = None
    device: str = "auto"
    autocast_dtype: str | None = None
    optimize: bool | str = True
    nan: str = "refuse"
    queue_size: int = 128
    request_timeout: float = 55.0
    max_body_bytes: int = 6_553_500
    log_requests: bool = True
    batch: Batch = field(default_factory=Batch)


def read_options(section: object, where: str) -> Options:
    """Return the options of a section.

    Parameters
    ----------
    section
        What stands under the key `serving`; None means every default.
    where
        The file and key, for messages.

    Raises
    ------
    StartError
        A key is unknown, or a value is none that the key takes; names all mistakes.
    """
    if section is None:
        return Options()
    if not isinstance(section, dict):
        raise StartError(f"{where} has to be an object, not {json.dumps(section)}")
    mistakes = [*_unknown(section, Options, where), *_wrong(section, _ALLOWED, where)]
    batch = section.get("batch")
    if isinstance(batch, dict):
        mistakes += [*_unknown(batch, Batch, f"{where}.batch"), *_wrong(batch, _BATCH_ALLOWED, f"{where}.batch")]
    if mistakes:
        raise StartError("; ".join(mistakes))
    return Options(**{**section, "batch": Batch(**(batch or {}))})


def _unknown(section: Section, known: type[Any], where: str) -> list[str]:
    names = [item.name for item in fields(known)]
    mistakes = []
    for key in section.keys() - set(names):
        near = difflib.get_close_matches(key, names, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
        mistakes.append(f"{where}.{key} is unknown; {hint}")
    return mistakes


def _wrong(section: Section, allowed: Mapping[str, tuple[Callable[[Any], bool], str]], where: str) -> list[str]:
    return [
        f"{where}.{key} has to be {allowed[key][1]}, not {json.dumps(value)}"
        for key, value in section.items()
        if key in allowed and not allowed[key][0](value)
    ]


def _whole(least: int, most: int) -> tuple[Callable[[Any], bool], str]:
    def fits(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most

    return fits, f"a whole number from {least} to {most}"


def _or_null(allowed: tuple[Callable[[Any], bool], str]) -> tuple[Callable[[Any], bool], str]:
    fits, words = allowed
    return (lambda value: value is None or fits(value)), f"{words}, or null"


def _one_of(*values: object) -> tuple[Callable[[Any], bool], str]:
    def fits(value: Any) -> bool:
        return any(value is one or (isinstance(one, str) and value == one) for one in values)

    return fits, "one of " + ", ".join(json.dumps(one) for one in values)


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 3600  # noqa: PLR2004


_ALLOWED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "workers": _or_null(_whole(1, 256)),
    "threads": _or_null(_whole(1, 1024)),
    "device": (
        lambda value: isinstance(value, str) and _DEVICE.fullmatch(value) is not None,
        '"auto", "cpu", "cuda" or "cuda:N"',
    ),
    "autocast_dtype": _or_null(_one_of(*_AUTOCAST)),
    "optimize": _one_of(*_OPTIMIZE),
    "nan": _one_of(*_NAN),
    "queue_size": _whole(1, 1_000_000),
    "request_timeout": (_is_seconds, "a number of seconds above 0, 3600 at most"),
    "max_body_bytes": _whole(1, 1 << 30),
    "log_requests": _one_of(True, False),
    "batch": (lambda value: value is None or isinstance(value, dict), 'an object such as {"max_size": 8}'),
}
_BATCH_ALLOWED = {"max_size": _or_null(_whole(1, 4096))}
