"""What UpdateEndpoint and CreateEndpoint refuse of a ``DeploymentConfig``.

API_CapacitySize, API_TrafficRoutingConfig, API_RollingUpdatePolicy, API_BlueGreenUpdatePolicy; Developer Guide,
"Exclusions" of the deployment guardrails.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_aws.api_error import validation_error
from local_aws.sagemaker.resources import Record
from local_aws.sagemaker.rollout_plan import part, plan_of

_LARGEST = 0.5
_SMALLEST_LINEAR = 0.1
_SMALLEST_BATCH = 0.05


def refuse_deployment(deployment: Mapping[str, Any] | None, before: Record | None, after: Record) -> None:
    """Refuse what does not fit the endpoint config that is deployed.

    Parameters
    ----------
    deployment
        The ``DeploymentConfig``, if there is one.
    before, after
        The endpoint config that the endpoint has, None without one, and the one that it shall get.

    Raises
    ------
    ApiError
        With the member that is wrong.
    """
    if not deployment:
        return
    blue_green, rolling = deployment.get("BlueGreenUpdatePolicy"), deployment.get("RollingUpdatePolicy")
    if blue_green and rolling:
        raise validation_error("Only one update policy can be used: BlueGreenUpdatePolicy or RollingUpdatePolicy.")
    variants = after["ProductionVariants"]
    if any("ServerlessConfig" in variant for variant in variants):
        raise validation_error("DeploymentConfig is not supported for serverless endpoints.")
    if rolling:
        if len(variants) > 1:
            raise validation_error("RollingUpdatePolicy is not supported for endpoints with several variants.")
        _refuse_size("MaximumBatchSize", rolling["MaximumBatchSize"], variants, _SMALLEST_BATCH)
    routing = (blue_green or {}).get("TrafficRoutingConfiguration")
    if routing:
        _refuse_routing(routing, variants)
    if before and (rolling or blue_green):
        _refuse_renaming(before, after)
    _refuse_time(rolling or blue_green, variants, deployment)


def _refuse_routing(routing: Mapping[str, Any], variants: list[Record]) -> None:
    sizes = {"CANARY": ("CanarySize", 0.0), "LINEAR": ("LinearStepSize", _SMALLEST_LINEAR)}
    for kind, (member, smallest) in sizes.items():
        if routing["Type"] == kind and member not in routing:
            raise validation_error(f"{member} is required for traffic routing of type {kind}.")
        if routing["Type"] != kind and member in routing:
            raise validation_error(f"{member} is for traffic routing of type {kind} only.")
        if routing["Type"] == kind:
            _refuse_size(member, routing[member], variants, smallest)


def _refuse_size(member: str, size: Mapping[str, Any], variants: list[Record], smallest: float) -> None:
    for variant in variants:
        share = part(size, variant.get("InitialInstanceCount") or 1)
        if not smallest <= share <= _LARGEST:
            allowed = f"{smallest:.0%} to {_LARGEST:.0%}" if smallest else f"at most {_LARGEST:.0%}"
            raise validation_error(
                f"{member} {size['Value']} ({size['Type']}) is not {allowed} of the"
                f" {variant.get('InitialInstanceCount', 1)} instance(s) of variant {variant['VariantName']}."
            )


def _refuse_renaming(before: Record, after: Record) -> None:
    old, new = ({each["VariantName"] for each in config["ProductionVariants"]} for config in (before, after))
    if old != new:
        raise validation_error(
            "Variant names must not change in a blue/green or rolling deployment:"
            f" {', '.join(sorted(old))} became {', '.join(sorted(new))}."
        )


def _refuse_time(policy: Mapping[str, Any] | None, variants: list[Record], deployment: Mapping[str, Any]) -> None:
    limit = (policy or {}).get("MaximumExecutionTimeoutInSeconds")
    if limit is None:
        return
    plan = plan_of(deployment, min(variant.get("InitialInstanceCount") or 1 for variant in variants))
    waits = plan.bake * len(plan.shares) + plan.termination_wait
    if limit <= waits:
        raise validation_error(
            f"MaximumExecutionTimeoutInSeconds {limit} must be larger than the waiting times together, {waits:g}."
        )
