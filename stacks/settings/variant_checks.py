"""What the variants of an endpoint and its hosting together make impossible, as far as YAML shows it."""

from collections.abc import Iterator, Mapping

from assets.mistakes import Mistake
from stacks.hosting import excludes, way_of
from stacks.settings_common.raw import Raw, mapping, mappings, text

_MAX_VARIANTS = 10  # SageMaker API, CreateEndpointConfig
_OF_INSTANCES = ("instance_type", "initial_instance_count")


def variant_mistakes(key: str, settings: Raw) -> Iterator[Mistake]:
    """Yield the mistakes in the variants that no single value shows.

    Parameters
    ----------
    key
        The endpoint's dotted key.
    settings
        Its settings as YAML has them.

    Notes
    -----
    Sources: SageMaker API, CreateEndpointConfig (ProductionVariants, ShadowProductionVariants); Amazon SageMaker
    AI Developer Guide, "Deploy models with Amazon SageMaker Serverless Inference", *Feature
    exclusions*, and "Shadow variants".
    """
    hosting_type = text(mapping(settings, "hosting"), "type")
    variants = settings.get("variants")
    if isinstance(variants, Mapping):
        yield from _number(f"{key}.variants", variants, hosting_type)
        weights = [one.get("initial_variant_weight", 1) for _, one in mappings(variants)]
        if weights and all(weight == 0 for weight in weights):
            problem = "every initial_variant_weight is 0, so that no variant gets a request; raise one"
            yield Mistake(f"{key}.variants", problem)
    if settings.get("shadow") is not None:
        yield from _shadow(f"{key}.shadow", variants, hosting_type)
    way = way_of(hosting_type)
    if way and not way.has_instances:
        for name, variant in mappings(variants):
            for one in _OF_INSTANCES:
                if variant.get(one) is not None:
                    yield Mistake(f"{key}.variants.{name}.{one}", f"{hosting_type} has no instances; remove it")


def _number(key: str, variants: Mapping[object, object], hosting_type: str) -> Iterator[Mistake]:
    if not variants:
        yield Mistake(key, "is empty; name the variants, or give the endpoint a model instead")
    if len(variants) > _MAX_VARIANTS:
        yield Mistake(key, f"{len(variants)} variants are too many; allowed: up to {_MAX_VARIANTS}")
    if excludes(hosting_type, "variants") and len(variants) > 1:
        yield Mistake(key, f"{hosting_type} endpoints have one variant; keep one, or use instances")


def _shadow(key: str, variants: object, hosting_type: str) -> Iterator[Mistake]:
    if excludes(hosting_type, "shadow"):
        problem = f"{hosting_type} endpoints have no shadow variant; remove it, or use `hosting.type: real-time`"
        yield Mistake(key, problem)
    if isinstance(variants, Mapping) and len(variants) > 1:
        yield Mistake(key, "stands beside several variants, and SageMaker shadows one; remove it, or keep one")
