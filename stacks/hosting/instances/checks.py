"""What the keys of hosting on instances together make impossible, as far as YAML shows it."""

from collections.abc import Iterator

from assets.mistakes import Mistake
from stacks.hosting.autoscaling_checks import bound_mistakes
from stacks.instance_types import family, has_local_disks
from stacks.settings_common.raw import Raw, instance_types, mapping, number, production_variants


def instance_mistakes(key: str, settings: Raw, default_min_capacity: int) -> Iterator[Mistake]:
    """Yield disks that cannot be chosen, and numbers of instances that exclude each other.

    Parameters
    ----------
    key, settings
        As of `HostingWay.mistakes`.
    default_min_capacity
        `autoscaling.min_capacity` where that is left out.

    Notes
    -----
    Source: SageMaker API, ProductionVariant.
    """
    yield from _volume(key, settings)
    yield from _scaling(f"{key}.autoscaling", settings, default_min_capacity)


def _volume(key: str, settings: Raw) -> Iterator[Mistake]:
    if mapping(settings, "hosting").get("volume_size_in_gb") is not None:
        for one in dict.fromkeys(filter(has_local_disks, instance_types(settings))):
            problem = f"{one} has disks of its own, whose size cannot be chosen; leave the key out"
            yield Mistake(f"{key}.volume_size_in_gb", problem)


def _scaling(key: str, settings: Raw, default_min_capacity: int) -> Iterator[Mistake]:
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
    yield from bound_mistakes(key, scaling, default_min_capacity, counts)
    for one in dict.fromkeys(instance_types(settings)):
        if family(one) == "t2":
            problem = f"{one} does not scale automatically; choose another family, as in ml.m5, or remove the key"
            yield Mistake(key, problem)
