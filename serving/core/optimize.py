"""Makes a TorchScript model faster, and leaves it as it is where that would change its answers."""

import logging
from collections.abc import Callable
from typing import Any

import torch

from .batching import same_values
from .errors import described
from .logs import log_event

_TRIES = 3  # TorchScript specializes a graph in its first calls

Predict = Callable[[Any], Any]


def optimized(model: Any, how: bool | str, predict: Predict | None) -> Any:
    """Return the model, frozen or rewritten for inference where it is TorchScript.

    `torch.jit.optimize_for_inference` replaces operators, so it is taken only where a sample proves that the
    answers stay the same. Freezing folds the weights into the graph and is taken without a sample, too.

    Parameters
    ----------
    model
        The model, on its device, in evaluation mode.
    how
        False for nothing, "freeze" for freezing alone, True for the best that holds.
    predict
        Answers the warm-up sample with a model; None where there is no sample.
    """
    if not how or not isinstance(model, torch.jit.ScriptModule) or not hasattr(model, "training"):
        return model  # a frozen module has no mode any more
    ways: list[Callable[[Any], Any]] = [torch.jit.freeze]
    if how is True and predict is not None:
        ways.insert(0, torch.jit.optimize_for_inference)
    for way in ways:
        try:
            candidate = way(model)
            if predict is None or _answers_alike(candidate, model, predict):
                return candidate
            reason = "its answer to the warm-up sample differs"
        except Exception as error:  # noqa: BLE001 - what cannot be optimized is served as it is
            reason = described(error)
        log_event("not_optimized", level=logging.WARNING, way=getattr(way, "__name__", str(way)), reason=reason)
    return model


def _answers_alike(candidate: Any, model: Any, predict: Predict) -> bool:
    expected = predict(model)
    return all(same_values(predict(candidate), expected) for _ in range(_TRIES))
