"""A time in the past, as people say it: `10m` ago, or a date."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from slipway.errors import CommandError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_since(text: str, now: datetime) -> datetime:
    """Return the time that a text names.

    Parameters
    ----------
    text
        A number and a unit, `s`, `m`, `h`, `d` or `w`, for so long ago; or a date or time in ISO 8601, of this
        machine's time zone where it names none.
    now
        With its time zone.

    Raises
    ------
    CommandError
        It is neither, or too long ago for a date.
    """
    try:
        if ago := re.fullmatch(r"(\d+)([smhdw])", text):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise CommandError(
            f"--since {text!r} is no time: give a number with s, m, h, d or w, as in 10m, or a date or time, as "
            f"in {now:%Y-%m-%d} or {now:%Y-%m-%dT%H:%M:%SZ}"
        ) from error
