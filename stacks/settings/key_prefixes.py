"""What endpoints read and write in the artifact bucket lies apart."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from assets.mistakes import Mistake
from stacks.hosting import way_of
from stacks.settings_common.raw import Raw, mapping, text


def capture_prefix(endpoint: str) -> str:
    """Return where an endpoint's captures lie when its settings do not say."""
    return f"captures/{endpoint}"


class _Used(NamedTuple):
    key: str
    prefix: str
    is_default: bool

    @property
    def named(self) -> str:
        return f"{self.prefix}, {'the default of ' if self.is_default else ''}{self.key},"


def shared_prefix_mistakes(endpoints: Mapping[str, Raw]) -> Iterator[Mistake]:
    """Yield the prefixes that lie in one another: one role would write, one rule delete, for both.

    Parameters
    ----------
    endpoints
        The endpoints' settings as YAML has them, by name.
    """
    used = [one for endpoint, settings in endpoints.items() for one in _used(endpoint, settings)]
    for earlier, later in combinations(used, 2):
        if earlier.prefix.startswith(later.prefix) or later.prefix.startswith(earlier.prefix):
            wrong, other = (earlier, later) if later.is_default else (later, earlier)
            yield Mistake(
                wrong.key, f"{wrong.prefix} and {other.named} lie in one another; choose separate prefixes"
            )


def _used(endpoint: str, settings: Raw) -> Iterator[_Used]:
    """Yield what an endpoint reads and writes, without prefixes that are mistakes themselves."""
    hosting = mapping(settings, "hosting")
    places: list[tuple[str, object, str]] = []
    if way := way_of(text(hosting, "type")):
        defaults = way.default_prefixes(endpoint).items()
        places += [(f"hosting.{key}", hosting.get(key), default) for key, default in defaults]
    if isinstance(settings.get("data_capture"), Mapping):
        given = mapping(settings, "data_capture").get("prefix")
        places.append(("data_capture.prefix", given, capture_prefix(endpoint)))
    for key, given, default in places:
        prefix = default if given is None else given
        if isinstance(prefix, str) and prefix.strip("/"):
            yield _Used(f"endpoints.{endpoint}.{key}", f"{prefix.strip('/')}/", is_default=given is None)
