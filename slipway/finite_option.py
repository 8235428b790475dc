"""A number on the command line that is one: Python's `float` reads `inf` and `nan`, too."""

from __future__ import annotations

import math

import typer


def finite(value: float | None) -> float | None:
    """Return the value of an option; to be given as its `callback`.

    Parameters
    ----------
    value
        None where the option is left out.

    Raises
    ------
    typer.BadParameter
        It is infinite, or no number.
    """
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a finite number")
    return value
