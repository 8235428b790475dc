"""How an update reaches an endpoint's requests: the `DeploymentConfig`, and what the role may see for it."""

from collections.abc import Sequence
from functools import cached_property

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.alarms import rollback_alarms
from stacks.place import place_of
from stacks.settings.rollout import (
    AllAtOnceRollout,
    CanaryRollout,
    CapacitySize,
    LinearRollout,
    RollingRollout,
    Rollout,
)

_Size = sagemaker.CfnEndpoint.CapacitySizeProperty
_BlueGreen = AllAtOnceRollout | CanaryRollout | LinearRollout


class EndpointRollout(Construct):
    """The alarms that undo an update, and what tells SageMaker of them.

    Parameters
    ----------
    scope, construct_id
        As of every construct.
    rollout
        Of the settings; None for SageMaker's own way, which has no alarms.
    endpoint_name
        The SageMaker endpoint's name.
    variants
        The names of its production variants.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        rollout: Rollout | None,
        endpoint_name: str,
        variants: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self._rollout = rollout
        thresholds = rollout.alarms if rollout else None
        self._their_names = thresholds.alarm_names if thresholds else []
        self.alarms = (
            rollback_alarms(self, endpoint_name=endpoint_name, variants=variants, thresholds=thresholds)
            if thresholds
            else []
        )
        """The alarms that the stack makes."""

    @cached_property
    def alarm_arns(self) -> list[str]:
        """The ARNs of `alarms`."""
        return [alarm.attr_arn for alarm in self.alarms]

    def config(self) -> sagemaker.CfnEndpoint.DeploymentConfigProperty | None:
        """Write the `DeploymentConfig` of an Endpoint (SageMaker API, UpdateEndpoint)."""
        rollout = self._rollout
        if rollout is None:
            return None
        names = [*(alarm.ref for alarm in self.alarms), *self._their_names]
        return sagemaker.CfnEndpoint.DeploymentConfigProperty(
            blue_green_update_policy=None if isinstance(rollout, RollingRollout) else _blue_green(rollout),
            rolling_update_policy=_rolling(rollout) if isinstance(rollout, RollingRollout) else None,
            auto_rollback_configuration=sagemaker.CfnEndpoint.AutoRollbackConfigProperty(
                alarms=[sagemaker.CfnEndpoint.AlarmProperty(alarm_name=name) for name in names]
            )
            if names
            else None,
        )

    def role_statements(self) -> list[iam.PolicyStatement]:
        """Let the role see these alarms: SageMaker watches them with it while an update goes on.

        Source: Amazon SageMaker AI Developer Guide, "Auto-Rollback Configuration and Monitoring", *Prerequisites*.
        """
        theirs = [place_of(self).arn("cloudwatch", f"alarm:{name}") for name in self._their_names]
        arns = [*self.alarm_arns, *theirs]
        if not arns:
            return []
        return [
            iam.PolicyStatement(sid="WatchRollbackAlarms", actions=["cloudwatch:DescribeAlarms"], resources=arns)
        ]


def _blue_green(rollout: _BlueGreen) -> sagemaker.CfnEndpoint.BlueGreenUpdatePolicyProperty:
    kinds = {AllAtOnceRollout: "ALL_AT_ONCE", CanaryRollout: "CANARY", LinearRollout: "LINEAR"}
    return sagemaker.CfnEndpoint.BlueGreenUpdatePolicyProperty(
        traffic_routing_configuration=sagemaker.CfnEndpoint.TrafficRoutingConfigProperty(
            type=kinds[type(rollout)],
            wait_interval_in_seconds=rollout.wait_interval_in_seconds,
            canary_size=_size(rollout.canary_size) if isinstance(rollout, CanaryRollout) else None,
            linear_step_size=_size(rollout.linear_step_size) if isinstance(rollout, LinearRollout) else None,
        ),
        termination_wait_in_seconds=rollout.termination_wait_in_seconds,
        maximum_execution_timeout_in_seconds=rollout.maximum_execution_timeout_in_seconds,
    )


def _rolling(rollout: RollingRollout) -> sagemaker.CfnEndpoint.RollingUpdatePolicyProperty:
    back = rollout.rollback_maximum_batch_size
    return sagemaker.CfnEndpoint.RollingUpdatePolicyProperty(
        maximum_batch_size=_size(rollout.maximum_batch_size),
        wait_interval_in_seconds=rollout.wait_interval_in_seconds,
        maximum_execution_timeout_in_seconds=rollout.maximum_execution_timeout_in_seconds,
        rollback_maximum_batch_size=_size(back) if back else None,
    )


def _size(size: CapacitySize) -> _Size:
    return _Size(type=size.type, value=size.value)
