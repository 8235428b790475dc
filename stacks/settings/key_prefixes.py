"""Prefixes of keys in the artifact bucket that the settings choose: what they may be, and that they are apart."""

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import combinations
from typing import Literal, NamedTuple

from assets.mistakes import Mistake
from stacks.settings.raw import Raw, mapping

AsyncKind = Literal["input", "output", "failure"]

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


def capture_prefix(endpoint: str) -> str:
    """Return where an endpoint's captures lie when its settings do not say."""
    return f"captures/{endpoint}"


def async_prefix(endpoint: str, kind: AsyncKind) -> str:
    """Return where an asynchronous endpoint's requests, answers or failures lie when its settings do not say."""
    return f"async/{endpoint}/{kind}"


class _Used(NamedTuple):
    key: str
    prefix: str
    is_default: bool

    @property
    def named(self) -> str:
        return f"{self.prefix}, {'the default of ' if self.is_default else ''}{self.key},"


def shared_prefix_mistakes(endpoints: Mapping[str, Raw], queued: Collection[str]) -> Iterator[Mistake]:
    """Yield the prefixes that lie in one another: one role would write, one rule delete, for both.

    Parameters
    ----------
    endpoints
        The endpoints' settings as YAML has them, by name.
    queued
        Which of them have their requests and answers in the bucket.
    """
    used = [
        one
        for endpoint, settings in endpoints.items()
        for one in _used(endpoint, settings, has_queue=endpoint in queued)
    ]
    for earlier, later in combinations(used, 2):
        if earlier.prefix.startswith(later.prefix) or later.prefix.startswith(earlier.prefix):
            wrong, other = (earlier, later) if later.is_default else (later, earlier)
            yield Mistake(
                wrong.key, f"{wrong.prefix} and {other.named} lie in one another; choose separate prefixes"
            )


def _used(endpoint: str, settings: Raw, *, has_queue: bool) -> Iterator[_Used]:
    """Yield what an endpoint reads and writes, without prefixes that are mistakes themselves."""
    hosting = mapping(settings, "hosting")
    places: list[tuple[str, object, str]] = []
    if has_queue:
        kinds: tuple[AsyncKind, ...] = ("input", "output", "failure")
        places += [
            (f"hosting.{kind}_prefix", hosting.get(f"{kind}_prefix"), async_prefix(endpoint, kind))
            for kind in kinds
        ]
    if isinstance(settings.get("data_capture"), Mapping):
        given = mapping(settings, "data_capture").get("prefix")
        places.append(("data_capture.prefix", given, capture_prefix(endpoint)))
    for key, given, default in places:
        prefix = default if given is None else given
        if isinstance(prefix, str) and prefix.strip("/"):
            yield _Used(f"endpoints.{endpoint}.{key}", f"{prefix.strip('/')}/", is_default=given is None)
