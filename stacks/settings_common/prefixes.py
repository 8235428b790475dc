"""Prefixes of keys in the artifact bucket that the settings choose: what they may be."""

import re
from collections.abc import Mapping

# A * or ? would be a pattern in the role's policy, and the bucket's lifecycle rule knows none.
_PREFIX = r"[A-Za-z0-9][A-Za-z0-9!_.'()/=+@,:-]*"
_MAX_PREFIX = 350
"""Of the 512 characters of a DestinationS3Uri, the bucket's name and the endpoint's take some."""

_TAKEN = {"models": "the published models", "training": "what trainings read and write"}


def checked_prefix(value: str, *, example: str, taken: Mapping[str, str] | None = None) -> str:
    """Return a prefix without slashes around it.

    Parameters
    ----------
    value
        As the settings have it.
    example
        A prefix that is allowed, for the message.
    taken
        First parts that belong to something else beside models and trainings, and to what.

    Raises
    ------
    ValueError
        It is no prefix of S3 keys, or something else lies there.
    """
    plain = value.strip("/")
    if not re.fullmatch(_PREFIX, plain) or len(plain) > _MAX_PREFIX or "//" in plain:
        raise ValueError(
            f"{value!r} is not a prefix of S3 keys; allowed: letters, digits and !_.'()/=+@,:-, up to "
            f"{_MAX_PREFIX} characters, as in {example}"
        )
    if others := {**_TAKEN, **(taken or {})}.get(plain.partition("/")[0]):
        raise ValueError(f"{value!r} lies among {others}; choose another one, as in {example}")
    return plain
