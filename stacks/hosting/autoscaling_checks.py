"""What the bounds of autoscaling make impossible, whatever is scaled."""

from collections.abc import Iterator, Mapping

from assets.mistakes import Mistake
from stacks.settings_common.raw import Raw, number


def bound_mistakes(
    key: str, scaling: Raw, default_min_capacity: int, initial: Mapping[str, int | None]
) -> Iterator[Mistake]:
    """Yield bounds that exclude each other, or what an endpoint starts with.

    Parameters
    ----------
    key
        The dotted key of `autoscaling`.
    scaling
        Its settings as YAML has them.
    default_min_capacity
        `min_capacity` where that is left out.
    initial
        The capacities that there are at first, by what the message calls them; None for what cannot be read.

    Notes
    -----
    Sources: Application Auto Scaling API, RegisterScalableTarget; Amazon SageMaker AI Developer Guide,
    "Automatically scale Amazon SageMaker AI models".
    """
    least, most = number(scaling, "min_capacity", default_min_capacity), number(scaling, "max_capacity")
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
