"""What the keys of `hosting` together make impossible, as far as YAML shows it."""

import math
from collections.abc import Iterator

from assets.mistakes import Mistake
from stacks.instance_types import family, has_local_disks
from stacks.settings.hosting import default_min_capacity, way_of
from stacks.settings.observability import MADE
from stacks.settings.raw import Raw, instance_types, mapping, number, production_variants, text

_TOPICS = {"success_topic": "SUCCESS_NOTIFICATION_TOPIC", "error_topic": "ERROR_NOTIFICATION_TOPIC"}
_REGION_OF_ARN = 3


def hosting_mistakes(key: str, settings: Raw, region: str) -> Iterator[Mistake]:
    """Yield the mistakes in how an endpoint is hosted that no single value shows.

    Parameters
    ----------
    key
        The endpoint's dotted key.
    settings
        Its settings as YAML has them.
    region
        Of the environment.

    Notes
    -----
    Sources: SageMaker API, ProductionVariant and AsyncInferenceConfig; Application Auto Scaling API,
    RegisterScalableTarget; Amazon SageMaker AI Developer Guide, "Automatically scale Amazon SageMaker AI models".
    """
    hosting = mapping(settings, "hosting")
    way = way_of(text(hosting, "type"))
    if way is None:
        return
    if way.has_max_concurrency:
        yield from _serverless(f"{key}.hosting", hosting)
    if way.has_instances:
        yield from _volume(f"{key}.hosting", settings)
        yield from _instance_scaling(f"{key}.hosting", settings)
    if way.has_queue:
        yield from _asynchronous(f"{key}.hosting", settings, region)


def _serverless(key: str, hosting: Raw) -> Iterator[Mistake]:
    most, provisioned = number(hosting, "max_concurrency", 5), number(hosting, "provisioned_concurrency")
    if most is not None and provisioned is not None and provisioned > most:
        problem = f"{provisioned} is more than max_concurrency, {most}; make one of the two the other's"
        yield Mistake(f"{key}.provisioned_concurrency", problem)
    scaling = mapping(hosting, "autoscaling")
    if not scaling:
        return
    if hosting.get("provisioned_concurrency") is None:
        problem = "scales provisioned concurrency, and there is none; add provisioned_concurrency, or remove it"
        yield Mistake(f"{key}.autoscaling", problem)
    yield from _bounds(f"{key}.autoscaling", scaling, 1, {"provisioned_concurrency": provisioned})
    highest = number(scaling, "max_capacity")
    if most is not None and highest is not None and highest > most:
        problem = f"{highest} is more than max_concurrency, {most}; make one of the two the other's"
        yield Mistake(f"{key}.autoscaling.max_capacity", problem)
    target = scaling.get("target_value")
    if isinstance(target, int | float) and 1 < target < math.inf:
        problem = f"{target!r} is not allowed; allowed: more than 0 and up to 1, the share that is in use"
        yield Mistake(f"{key}.autoscaling.target_value", problem)


def _volume(key: str, settings: Raw) -> Iterator[Mistake]:
    if mapping(settings, "hosting").get("volume_size_in_gb") is not None:
        for one in dict.fromkeys(filter(has_local_disks, instance_types(settings))):
            problem = f"{one} has disks of its own, whose size cannot be chosen; leave the key out"
            yield Mistake(f"{key}.volume_size_in_gb", problem)


def _instance_scaling(key: str, settings: Raw) -> Iterator[Mistake]:
    hosting = mapping(settings, "hosting")
    scaling = mapping(hosting, "autoscaling")
    if not scaling:
        return
    common = number(hosting, "initial_instance_count", 1)
    counts = {
        f"initial_instance_count{name and f' of the variant {name}'}": number(
            variant, "initial_instance_count", common
        )
        for name, variant in production_variants(settings).items()
    }
    default = default_min_capacity(text(hosting, "type"))
    yield from _bounds(f"{key}.autoscaling", scaling, default, counts)
    for one in dict.fromkeys(instance_types(settings)):
        if family(one) == "t2":
            problem = f"{one} does not scale automatically; choose another family, as in ml.m5, or remove the key"
            yield Mistake(f"{key}.autoscaling", problem)


def _bounds(key: str, scaling: Raw, default: int, initial: dict[str, int | None]) -> Iterator[Mistake]:
    least, most = number(scaling, "min_capacity", default), number(scaling, "max_capacity")
    if least is None or most is None:
        return
    if least > most:
        yield Mistake(f"{key}.min_capacity", f"{least} is more than max_capacity, {most}; make it {most} or less")
        return
    for name, value in initial.items():
        if value is not None and not least <= value <= most:
            yield Mistake(
                key,
                f"{name} is {value}, and not from min_capacity, {least}, to max_capacity, {most}; "
                f"make it {max(least, 1) if value < least else most}",
            )


def _asynchronous(key: str, settings: Raw, region: str) -> Iterator[Mistake]:
    hosting = mapping(settings, "hosting")
    if mapping(hosting, "autoscaling") and len(production_variants(settings)) > 1:
        problem = "the backlog is the endpoint's, not a variant's, so that variants would scale against each other"
        yield Mistake(f"{key}.autoscaling", f"{problem}; keep one variant, or remove the key")
    for name in _TOPICS:
        topic = text(hosting, name).split(":")
        if len(topic) > _REGION_OF_ARN and region and topic[_REGION_OF_ARN] != region:
            problem = f"the topic is in {topic[_REGION_OF_ARN]}, the endpoint in {region}; name one of that region"
            yield Mistake(f"{key}.{name}", problem)
    included = hosting.get("include_inference_response_in")
    for name, value in _TOPICS.items():
        if isinstance(included, list) and value in included and not hosting.get(name):
            problem = f"names {value}, and there is no {name}; add `{name}: {MADE}`, or remove it"
            yield Mistake(f"{key}.include_inference_response_in", problem)
