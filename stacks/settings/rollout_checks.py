"""What `rollout` and the rest of an endpoint's settings together make impossible, as far as YAML shows it."""

from collections.abc import Iterator, Mapping

from assets.mistakes import Mistake
from stacks.hosting import HostingWay, way_of
from stacks.settings.rollout import BAKING, takes_guardrails, watched_metrics
from stacks.settings_common.raw import (
    Raw,
    instance_types,
    mapping,
    number,
    production_variants,
    steady_instance_counts,
    text,
)

_MAX_ALARMS = 10  # SageMaker API, AutoRollbackConfig
_PERCENT = {"canary_size": (1, 50), "linear_step_size": (10, 50), "maximum_batch_size": (5, 50)}
_ALL = 100
_SIZE_OF = {"canary": "canary_size", "linear": "linear_step_size", "rolling": "maximum_batch_size"}


def rollout_mistakes(key: str, settings: Raw) -> Iterator[Mistake]:
    """Yield the mistakes in how an update is rolled out that no single value shows.

    Parameters
    ----------
    key
        The endpoint's dotted key.
    settings
        Its settings as YAML has them.

    Notes
    -----
    Sources: SageMaker API, DeploymentConfig; Amazon SageMaker AI Developer Guide, "Deployment guardrails for
    updating models in production" and its *Exclusions*.
    """
    hosting_type = text(mapping(settings, "hosting"), "type")
    way = way_of(hosting_type)
    if way is None:
        return
    if not way.has_instances:
        if settings.get("rollout") is not None:
            problem = "endpoints are updated all at once, by SageMaker alone; remove it, or use instances"
            yield Mistake(f"{key}.rollout", f"{hosting_type} {problem}")
        return
    rollout = mapping(settings, "rollout")
    unguarded = [one for one in dict.fromkeys(instance_types(settings)) if not takes_guardrails([one])]
    if not unguarded:
        yield from _alarms(f"{key}.rollout", settings, way)
    if not rollout:
        return
    for one in unguarded:
        yield Mistake(f"{key}.rollout", f"{one} takes no guardrails; remove it, or choose ml.inf2")
    if text(rollout, "type") == "rolling" and len(production_variants(settings)) > 1:
        problem = "a rolling update takes one variant; choose all-at-once, canary or linear"
        yield Mistake(f"{key}.rollout.type", problem)
    counts = steady_instance_counts(settings, way.default_min_capacity())
    yield from _size(f"{key}.rollout", rollout, counts)
    yield from _size_of_the_way_back(f"{key}.rollout", rollout)
    yield from _time(f"{key}.rollout", rollout)


def _alarms(key: str, settings: Raw, way: type[HostingWay]) -> Iterator[Mistake]:
    given = mapping(settings, "rollout").get("alarms")
    if not isinstance(given, Mapping) and not way.is_watched:
        return
    alarms = given if isinstance(given, Mapping) else {}
    each = len(watched_metrics(alarms, way.unpublished))
    theirs = alarms.get("alarm_names")
    variants = len(production_variants(settings))
    total = each * variants + (len(theirs) if isinstance(theirs, list) else 0)
    if total > _MAX_ALARMS:
        yield Mistake(
            f"{key}.alarms",
            f"{total} alarms are too many, {each} for each of {variants} variants and your own; SageMaker "
            f"watches up to {_MAX_ALARMS}: set a threshold to null, or name fewer",
        )


def _size(key: str, rollout: Raw, counts: list[int]) -> Iterator[Mistake]:
    way = text(rollout, "type")
    name = _SIZE_OF.get(way)
    if name is None:
        return
    if counts and min(counts) < 2:  # noqa: PLR2004 (half of one instance is none)
        yield Mistake(
            f"{key}.type",
            f"{way} takes part of the instances first, and there may be {min(counts)}; choose all-at-once, or at "
            "least 2 instances (with autoscaling: min_capacity)",
        )
        return
    size = mapping(rollout, name)
    value, (low, high) = number(size, "value"), _PERCENT[name]
    if value is None:
        return
    if text(size, "type") == "CAPACITY_PERCENT" and not low <= value <= high:
        problem = f"{value} is not allowed; allowed: {low} to {high} percent of the instances"
        yield Mistake(f"{key}.{name}.value", problem)
    if text(size, "type") == "INSTANCE_COUNT" and counts and value > min(counts) // 2:
        half = min(counts) // 2
        problem = f"{value} of {min(counts)} instances is more than half; make it {half} or less"
        yield Mistake(f"{key}.{name}.value", problem)


def _size_of_the_way_back(key: str, rollout: Raw) -> Iterator[Mistake]:
    size = mapping(rollout, "rollback_maximum_batch_size")
    value = number(size, "value")
    if value is not None and value > _ALL and text(size, "type") == "CAPACITY_PERCENT":
        problem = f"{value} is not allowed; allowed: 1 to {_ALL} percent of the instances"
        yield Mistake(f"{key}.rollback_maximum_batch_size.value", problem)


def _time(key: str, rollout: Raw) -> Iterator[Mistake]:
    limit = number(rollout, "maximum_execution_timeout_in_seconds")
    wait = number(rollout, "wait_interval_in_seconds", BAKING)
    end = number(rollout, "termination_wait_in_seconds", 0)
    if limit is None or wait is None or end is None:
        return
    waits = wait * _shifts(rollout) + end
    if limit <= waits:
        yield Mistake(
            f"{key}.maximum_execution_timeout_in_seconds",
            f"{limit} is not longer than the waits together, {waits}; raise it, or shorten them",
        )


def _shifts(rollout: Raw) -> int:
    """Return how often traffic is shifted at the least, as far as that can be read: each shift is waited for."""
    way = text(rollout, "type")
    size = mapping(rollout, _SIZE_OF.get(way, ""))
    percent = number(size, "value", 25) if text(size, "type") in ("", "CAPACITY_PERCENT") else None
    if way in ("linear", "rolling"):
        return -(-100 // percent) if percent else 2
    return 2 if way == "canary" else 1
