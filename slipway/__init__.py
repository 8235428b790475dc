"""The command line of Slipway, and its client: ``from slipway import Predictor``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slipway.errors import PredictionError
    from slipway.predictor import Predictor

__all__ = ["PredictionError", "Predictor"]


def __getattr__(name: str) -> Any:
    """Import what this package is for when it is asked for: the commands shall not wait for it."""
    if name == "Predictor":
        from slipway.predictor import Predictor  # noqa: PLC0415

        return Predictor
    if name == "PredictionError":
        from slipway.errors import PredictionError  # noqa: PLC0415

        return PredictionError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
