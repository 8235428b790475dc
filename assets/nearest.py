"""The allowed value that a mistaken one most likely meant."""

import difflib
from collections.abc import Iterable

_SIMILARITY = 0.5  # difflib's ratio; below it a hint would mislead


def nearest(value: object, allowed: Iterable[object]) -> object | None:
    """Return the allowed value nearest to `value`, numbers by distance, text by spelling; None if none is near."""
    candidates = list(allowed)
    numbers = [number for number in candidates if isinstance(number, int)]
    if isinstance(value, int) and numbers:
        # Of two equally near, the larger: more memory never breaks what less would have run.
        return min(numbers, key=lambda number: (abs(number - value), -number))
    matches = difflib.get_close_matches(str(value), map(str, candidates), n=1, cutoff=_SIMILARITY)
    return matches[0] if matches else None


def did_you_mean(value: object, allowed: Iterable[object]) -> str:
    """Return `; did you mean X?` for the allowed value nearest to `value`, or nothing where none is near."""
    match = nearest(value, allowed)
    return "" if match is None else f"; did you mean {match}?"
