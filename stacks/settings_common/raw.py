"""Reads settings as YAML has them: what is missing or of another type is passed over, for pydantic reports it."""

from collections.abc import Iterator, Mapping

Raw = Mapping[object, object]
"""`key: value` lines as YAML has them."""


def mapping(settings: Raw, key: str) -> Raw:
    """Return the `key: value` lines under a key; none where something else stands there."""
    value = settings.get(key)
    return value if isinstance(value, Mapping) else {}


def mappings(value: object) -> Iterator[tuple[str, Raw]]:
    """Yield the names that have `key: value` lines of their own."""
    for key, item in value.items() if isinstance(value, Mapping) else ():
        if isinstance(key, str) and isinstance(item, Mapping):
            yield key, item


def text(settings: Raw, key: str) -> str:
    """Return a text; empty where none stands there."""
    value = settings.get(key)
    return value if isinstance(value, str) else ""


def number(settings: Raw, key: str, default: int | None = None) -> int | None:
    """Return a whole number; the default where nothing stands there, None where something else does."""
    value = settings.get(key, default)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def production_variants(settings: Raw) -> dict[str, Raw]:
    """Return an endpoint's production variants by their keys; the only one, without a key, as an empty text."""
    return dict(mappings(settings.get("variants"))) or {"": {}}


def instance_types(settings: Raw) -> list[str]:
    """Return the instance type of each production variant, its own or the endpoint's."""
    return list(named_instance_types(settings).values())


def named_instance_types(settings: Raw) -> dict[str, str]:
    """Return them by the keys of `production_variants`."""
    common = text(mapping(settings, "hosting"), "instance_type")
    types = {
        name: text(variant, "instance_type") or common for name, variant in production_variants(settings).items()
    }
    return {name: one for name, one in types.items() if one}


def steady_instance_counts(settings: Raw, default_min_capacity: int) -> list[int]:
    """Return how many instances each production variant has at the least, as far as that can be read.

    Parameters
    ----------
    settings
        Of the endpoint.
    default_min_capacity
        `autoscaling.min_capacity` where that is left out.
    """
    hosting = mapping(settings, "hosting")
    if isinstance(hosting.get("autoscaling"), Mapping):
        least = number(mapping(hosting, "autoscaling"), "min_capacity", default_min_capacity)
        return [] if least is None else [least]
    common = number(hosting, "initial_instance_count", 1)
    counts = (
        number(variant, "initial_instance_count", common) for variant in production_variants(settings).values()
    )
    return [count for count in counts if count is not None]
