"""What the keys of serverless hosting together make impossible, as far as YAML shows it."""

import math
from collections.abc import Iterator

from assets.mistakes import Mistake
from stacks.hosting.autoscaling_checks import bound_mistakes
from stacks.settings_common.raw import Raw, mapping, number


def serverless_mistakes(key: str, hosting: Raw, default_min_capacity: int) -> Iterator[Mistake]:
    """Yield concurrencies that exclude each other.

    Parameters
    ----------
    key
        The dotted key of `hosting`.
    hosting
        What stands there, as YAML has it.
    default_min_capacity
        `autoscaling.min_capacity` where that is left out.

    Notes
    -----
    Source: SageMaker API, ProductionVariantServerlessConfig.
    """
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
    initial = {"provisioned_concurrency": provisioned}
    yield from bound_mistakes(f"{key}.autoscaling", scaling, default_min_capacity, initial)
    highest = number(scaling, "max_capacity")
    if most is not None and highest is not None and highest > most:
        problem = f"{highest} is more than max_concurrency, {most}; make one of the two the other's"
        yield Mistake(f"{key}.autoscaling.max_capacity", problem)
    target = scaling.get("target_value")
    if isinstance(target, int | float) and 1 < target < math.inf:
        problem = f"{target!r} is not allowed; allowed: more than 0 and up to 1, the share that is in use"
        yield Mistake(f"{key}.autoscaling.target_value", problem)
