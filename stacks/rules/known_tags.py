"""Whether a tag of one of AWS's containers can be there, as far as the catalogue knows their tags."""

import re
from collections.abc import Mapping
from functools import cache

from assets.container_catalogue import CatalogueEntry, ContainerBuild

_VERSION = re.compile(r"(?:^|(?<=-)v)(\d+(?:\.\d+)*)(?=-|$)")  # `2.6.0-…` and `…-v1.4`
_Version = tuple[int, ...]


def may_exist(entry: CatalogueEntry, tag: str) -> bool:
    """Whether AWS may have such a tag.

    AWS adds versions, and tags that go on where a known one ends, as with a date: these may be there, and so may
    tags of other versions than the catalogue's. A version that is two majors ahead is a slip.

    Parameters
    ----------
    entry
        A container of the catalogue that AWS builds.
    tag
        In its repository.
    """
    form, version = _taken_apart(tag)
    known = _known_forms(entry.builds)
    if version is None:
        return False
    newest = max(known)
    if version > newest:
        return version[0] <= newest[0] + 1
    if version not in known:
        return True
    return any(f"{form}-".startswith(f"{one}-") for one in known[version])


@cache
def _known_forms(builds: tuple[ContainerBuild, ...]) -> Mapping[_Version, frozenset[str]]:
    """Return the tags of each version without it."""
    forms: dict[_Version, frozenset[str]] = {}
    for build in builds:
        form, version = _taken_apart(build.tag or "")
        if version:
            forms[version] = forms.get(version, frozenset()) | {form}
    return forms


def _taken_apart(tag: str) -> tuple[str, _Version | None]:
    found = _VERSION.search(tag)
    if not found:
        return tag, None
    numbers = [int(number) for number in found[1].split(".")]
    while len(numbers) > 1 and not numbers[-1]:  # 2.6 is 2.6.0
        numbers.pop()
    return f"{tag[: found.start(1)]}#{tag[found.end(1) :]}", tuple(numbers)
