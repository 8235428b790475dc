"""Deployment guardrails: their numbers."""

from collections.abc import Iterator
from math import ceil

from stacks.rules.limits import outside
from stacks.rules.registry import Problem, rule
from stacks.rules.rollouts import Rollout
from stacks.rules.template import Node

_MAX_ALARMS = 10


@rule(
    Rollout,
    "rollout-waits",
    "Waits are 0 to 3600 s, a deployment 600 to 28800 s",
    why="SageMaker refuses other times",
    mend="Choose a number of seconds within the range.",
    source="blue-green",
)
def rollout_waits(rollout: Rollout) -> Iterator[Problem]:
    """Look at baking, termination and execution time."""
    yield from outside(rollout.wait, 0, 3600, " s")
    yield from outside(rollout.blue_green.at("TerminationWaitInSeconds"), 0, 3600, " s")
    yield from outside(rollout.longest, 600, 28800, " s")


@rule(
    Rollout,
    "rollout-time",
    "A deployment may take longer than its waits together",
    why="SageMaker stops a deployment that takes longer, and rolls it back",
    mend="Raise MaximumExecutionTimeoutInSeconds, or shorten the waits.",
    source="blue-green",
)
def rollout_time(rollout: Rollout) -> Iterator[Problem]:
    """Compare the execution time with the waits that every deployment has."""
    longest, wait = rollout.longest.number, rollout.wait.number
    if longest is None or wait is None:
        return
    percent = rollout.step_percent
    # Between n steps there are at least n - 1 waits.
    waits = max(1, ceil(100 / percent) - 1) if percent else 1
    total = waits * wait + (rollout.blue_green.at("TerminationWaitInSeconds").number or 0)
    if longest <= total:
        yield Problem(
            rollout.longest,
            f"the deployment may take {longest:g} s, and waits {total:g} s",
            f"Set MaximumExecutionTimeoutInSeconds to more than {total:g}, or shorten the waits.",
        )


@rule(
    Rollout,
    "rollout-one-policy",
    "A deployment is blue/green or rolling",
    why="only one update policy can be followed",
    mend="Keep BlueGreenUpdatePolicy or RollingUpdatePolicy.",
    source="rolling",
    severity="warning",
)
def rollout_one_policy(rollout: Rollout) -> Iterator[Problem]:
    """Look for both; a warning, because the API's documentation says "should"."""
    if rollout.blue_green.present and rollout.rolling.present:
        yield Problem(rollout.node, "the deployment has two update policies")


@rule(
    Rollout,
    "rollback-alarm-count",
    "At most 10 alarms roll back",
    why="SageMaker watches 1 to 10 alarms",
    mend="Combine alarms into a composite alarm.",
    source="alarms",
)
def rollback_alarm_count(rollout: Rollout) -> Iterator[Problem]:
    """Count the alarms."""
    alarms = rollout.alarms
    if alarms.items is not None and len(alarms.items) > _MAX_ALARMS:
        yield Problem(alarms, f"{len(alarms.items)} alarms roll back")


@rule(
    Rollout,
    "canary-size",
    "A canary has a size, of at most half the instances",
    why="SageMaker shifts at most 50 % of the instances to a canary, so it needs two",
    mend="Set CanarySize to at most half of at least two instances.",
    source="canary",
)
def canary_size(rollout: Rollout) -> Iterator[Problem]:
    """Look at CanarySize."""
    if rollout.routing_type == "CANARY":
        yield from _size(rollout, rollout.routing.at("CanarySize"), low=1, high=50)


@rule(
    Rollout,
    "linear-step",
    "A linear step has a size, of 10 to 50 % of the instances",
    why="SageMaker shifts 10 to 50 % of the instances in a step",
    mend="Set LinearStepSize to 10 to 50 % of the instances.",
    source="canary",
)
def linear_step(rollout: Rollout) -> Iterator[Problem]:
    """Look at LinearStepSize."""
    if rollout.routing_type == "LINEAR":
        yield from _size(rollout, rollout.routing.at("LinearStepSize"), low=10, high=50)


@rule(
    Rollout,
    "rolling-batch",
    "A rolling batch has 5 to 50 % of the instances",
    why="SageMaker replaces 5 to 50 % of the instances in a batch",
    mend="Set MaximumBatchSize to 5 to 50 % of the instances.",
    source="rolling",
)
def rolling_batch(rollout: Rollout) -> Iterator[Problem]:
    """Look at MaximumBatchSize."""
    if rollout.rolling.present:
        yield from _size(rollout, rollout.rolling.at("MaximumBatchSize"), low=5, high=50)


def _size(rollout: Rollout, size: Node, *, low: float, high: float) -> Iterator[Problem]:
    """Compare a capacity size with its range in percent, and with the instances where their number is fixed."""
    name, value, kind = size.path.rpartition(".")[2], size.at("Value"), size.at("Type").text
    if size.absent:
        yield Problem(size, f"there is no {name}")
        return
    if kind == "CAPACITY_PERCENT":
        yield from outside(value, low, high, " %")
    for variant, count in rollout.fixed_counts:
        if count == 1:
            yield Problem(size, f"{variant.label} has one instance, which cannot be split")
        elif kind == "INSTANCE_COUNT" and value.number is not None and value.number > count * high / 100:
            yield Problem(
                value,
                f"{name} is {value.number:g} of {count:g} instances of {variant.label}",
                f"Set {name} to at most {int(count * high // 100)}, or raise the number of instances.",
            )
        elif kind == "INSTANCE_COUNT" and value.number is not None and value.number < count * low / 100:
            yield Problem(
                value,
                f"{name} is {value.number:g} of {count:g} instances of {variant.label}",
                f"Set {name} to at least {ceil(count * low / 100)}.",
            )
