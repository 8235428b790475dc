"""Names that AWS would refuse, or that would open one endpoint to another's callers."""

from collections.abc import Iterator, Mapping

from assets.mistakes import Mistake
from stacks.hosting import hosting_types
from stacks.names import Names, is_part
from stacks.settings.mode import endpoint_mode
from stacks.settings.variants import VARIANT_NAME
from stacks.settings_common.raw import Raw, mapping, mappings, named_instance_types, text


def name_mistakes(name: str, document: Raw) -> Iterator[Mistake]:
    """Yield the mistakes in the names that are derived from an environment's settings.

    Parameters
    ----------
    name
        Of the environment.
    document
        The settings as YAML has them.
    """
    project = text(document, "project") or "slipway"
    names = Names(project, name, text(document, "account") or "0" * 12, text(document, "region"))
    endpoints = {endpoint: one for endpoint, one in mappings(document.get("endpoints")) if is_part(endpoint)}
    yield from _too_long(names, {one: _mode(settings) for one, settings in endpoints.items() if _mode(settings)})
    yield from _inside(list(endpoints))


def _mode(settings: Raw) -> str:
    hosting = mapping(settings, "hosting")
    return endpoint_mode(
        text(hosting, "type"),
        {variant or VARIANT_NAME: one for variant, one in named_instance_types(settings).items()},
        is_autoscaled=isinstance(hosting.get("autoscaling"), Mapping),
    )


def _too_long(names: Names, modes: Mapping[str, str]) -> Iterator[Mistake]:
    for limited in names.limited(modes):
        excess = len(limited.value) - limited.limit
        if excess > 0:
            part = "the endpoint's name" if limited.endpoint else "project, or the environment's name,"
            key = f"endpoints.{limited.endpoint}" if limited.endpoint else "project"
            yield Mistake(
                key,
                f"the {limited.what}'s name {limited.value} has {len(limited.value)} characters, AWS allows "
                f"{limited.limit}; make {part} shorter by {excess}",
            )


def _inside(endpoints: list[str]) -> Iterator[Mistake]:
    """Yield endpoints whose names another one's permissions would cover (`Names.endpoint_patterns`)."""
    for endpoint in endpoints:
        for other in endpoints:
            for way in hosting_types():
                if f"{endpoint}-".startswith(f"{other}-{way}-"):
                    problem = (
                        f"starts with {other}-{way}, as the names of the endpoint {other} do, so that its callers "
                        "could call this one; choose another name"
                    )
                    yield Mistake(f"endpoints.{endpoint}", problem)
