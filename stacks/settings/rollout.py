"""`rollout`: how an update of an endpoint reaches its requests, and what undoes it."""

from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from stacks.instance_types import family
from stacks.settings_common.base import SettingsModel

BAKING = 300
"""Long enough for the alarms' two minutes to come round twice."""

METRICS = {
    "invocation_5xx_errors_in_percent": "Invocation5XXErrors",
    "model_latency_p99_in_milliseconds": "ModelLatency",
    "overhead_latency_p99_in_milliseconds": "OverheadLatency",
}
"""The thresholds of `rollout.alarms`, each with the metric of AWS/SageMaker that it is for."""

_NO_ALARM_NAME = "*?$"
"""A pattern, or a variable, in the policy of the role that reads the alarms."""


def _own_alarms(names: list[str]) -> list[str]:
    for position, name in enumerate(names):
        if any(character in name for character in _NO_ALARM_NAME):
            raise ValueError(f"{name!r} is no alarm's name here; name each alarm itself, without *, ? and $")
        if name in names[:position]:
            raise ValueError(f"names {name!r} twice; remove it")
    return names


AlarmName = Annotated[
    str, Field(min_length=1, max_length=255, json_schema_extra={"pattern": f"^[^{_NO_ALARM_NAME}]+$"})
]
Wait = Annotated[int, Field(ge=0, le=3600)]
Execution = Annotated[int, Field(ge=600, le=28800)]


class RollbackAlarms(SettingsModel):
    """The alarms that undo an update; a threshold of null leaves its alarm out."""

    invocation_5xx_errors_in_percent: float | None = Field(default=1.0, ge=0, le=100)
    """More of the requests than this answered 5xx."""

    model_latency_p99_in_milliseconds: float | None = Field(default=20000.0, ge=1, le=3600000)
    """One request in a hundred took the container longer than this."""

    overhead_latency_p99_in_milliseconds: float | None = Field(default=2000.0, ge=1, le=3600000)
    """One request in a hundred took SageMaker itself longer than this."""

    alarm_names: Annotated[list[AlarmName], AfterValidator(_own_alarms)] = Field(default=[])
    """CloudWatch alarms of your own, in the endpoint's account and region, that undo an update as well."""

    @property
    def by_metric(self) -> dict[str, float]:
        """The thresholds of the alarms that the stack makes for each production variant, by their metrics."""
        return watched_metrics(dict(self))

    def without(self, metrics: Collection[str]) -> "RollbackAlarms":
        """Return these without the alarms on some metrics."""
        return self.model_copy(update={key: None for key, metric in METRICS.items() if metric in metrics})


def watched_metrics(alarms: Mapping[Any, Any], unpublished: Collection[str] = ()) -> dict[str, Any]:
    """Return the thresholds of the alarms that are made for each production variant, by their metrics.

    Parameters
    ----------
    alarms
        `rollout.alarms` as YAML has it: what is left out has its default, and null makes no alarm.
    unpublished
        Metrics that the endpoint does not have.
    """
    given = {metric: alarms.get(key, RollbackAlarms.model_fields[key].default) for key, metric in METRICS.items()}
    return {
        metric: threshold
        for metric, threshold in given.items()
        if threshold is not None and metric not in unpublished
    }


def takes_guardrails(instance_types: Iterable[str]) -> bool:
    """Whether deployment guardrails work on all of these instance types.

    Source: Amazon SageMaker AI Developer Guide, "Exclusions" of deployment guardrails.
    """
    return not any(family(one) == "inf1" for one in instance_types)


class CapacitySize(SettingsModel):
    """A part of the instances (SageMaker API, CapacitySize)."""

    type: Literal["INSTANCE_COUNT", "CAPACITY_PERCENT"]
    """What `value` counts."""

    value: int = Field(ge=1)
    """Instances, or percent of them."""


class _Rollout(SettingsModel):
    wait_interval_in_seconds: Wait = BAKING
    """How long the alarms are watched after each shift of traffic."""

    maximum_execution_timeout_in_seconds: Execution | None = None
    """How long the whole update may take, then it is undone; longer than its waits together."""

    alarms: RollbackAlarms | None = None
    """What undoes the update; left out: the three alarms with their defaults for real-time, none for async."""


class _BlueGreen(_Rollout):
    termination_wait_in_seconds: Wait = 0
    """How long the old instances stay after the last shift of traffic."""


class AllAtOnceRollout(_BlueGreen):
    """All requests go to the new instances once these are in service."""

    type: Literal["all-at-once"]
    """Blue/green, ALL_AT_ONCE."""


class CanaryRollout(_BlueGreen):
    """Some requests go to the new instances first, then all."""

    type: Literal["canary"]
    """Blue/green, CANARY."""

    canary_size: CapacitySize = CapacitySize(type="CAPACITY_PERCENT", value=10)
    """The part that comes first; up to half of the instances."""


class LinearRollout(_BlueGreen):
    """Requests go to the new instances in equal steps."""

    type: Literal["linear"]
    """Blue/green, LINEAR."""

    linear_step_size: CapacitySize = CapacitySize(type="CAPACITY_PERCENT", value=25)
    """One step; 10 to 50 percent of the instances."""


class RollingRollout(_Rollout):
    """New instances take the place of old ones, batch by batch, so that few more are needed at once."""

    type: Literal["rolling"]
    """A rolling update."""

    maximum_batch_size: CapacitySize = CapacitySize(type="CAPACITY_PERCENT", value=25)
    """One batch; 5 to 50 percent of the instances."""

    rollback_maximum_batch_size: CapacitySize | None = None
    """One batch of the way back; left out: all at once."""


Rollout = Annotated[AllAtOnceRollout | CanaryRollout | LinearRollout | RollingRollout, Field(discriminator="type")]


def default_rollout(steady_instance_count: int, *, is_local: bool) -> Rollout:
    """Return the rollout of a real-time endpoint whose settings name none.

    Parameters
    ----------
    steady_instance_count
        How many instances each production variant has at the least: a canary is at most half of them.
    is_local
        Whether it is in AWS on this machine, where nobody waits for alarms that were not asked for.
    """
    alarms = RollbackAlarms()
    wait = 0 if is_local else BAKING
    if steady_instance_count < 2:  # noqa: PLR2004
        return AllAtOnceRollout(type="all-at-once", wait_interval_in_seconds=wait, alarms=alarms)
    return CanaryRollout(type="canary", wait_interval_in_seconds=wait, alarms=alarms)
