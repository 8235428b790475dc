"""Whether an endpoint runs what its stack deployed: CloudFormation calls an update that was undone a success."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from slipway.errors import CommandError
from slipway.invocation import current_endpoint_name, is_gone
from stacks.settings import EnvironmentSettings

State = Literal["in service", "updating", "rolled back", "failed", "deleting"]
"""In one word: `in service` is of the deployed config alone, `rolled back` of another one."""

_STATES: dict[str, State] = {
    "Creating": "updating",
    "Updating": "updating",
    "SystemUpdating": "updating",
    "RollingBack": "updating",
    "Failed": "failed",
    "OutOfService": "failed",
    "UpdateRollbackFailed": "failed",
    "Deleting": "deleting",
}  # SageMaker API, EndpointStatus


@dataclass(frozen=True)
class VariantStatus:
    """One variant as it is now.

    Parameters
    ----------
    name
        Of the variant.
    shadow
        Whether it only gets copies of requests.
    weight, desired_weight
        Its share of the traffic is this over the sum of all weights.
    instances, desired_instances
        None for serverless.
    provisioned_concurrency, max_concurrency
        Of serverless hosting, else None.
    """

    name: str
    shadow: bool
    weight: float | None
    desired_weight: float | None
    instances: int | None
    desired_instances: int | None
    provisioned_concurrency: int | None
    max_concurrency: int | None


@dataclass(frozen=True)
class EndpointStatus:
    """An endpoint as it is, beside what its stack deployed.

    Parameters
    ----------
    endpoint_name
        The SageMaker endpoint's current name.
    state
        In one word.
    endpoint_status
        In SageMaker's own.
    live_config, deployed_config
        The endpoint configs that it runs, and that the stack has.
    stack_status
        In CloudFormation's words.
    failure_reason
        What SageMaker says of the last update that failed; None where it says nothing.
    deployment
        The stage of an update that goes on; None when none does.
    variants
        The production variants, then the shadow variants.
    next_endpoint_name
        The name that the settings lead to now, where that is another one: the next deployment makes a new
        endpoint, moves the SSM parameter to it and deletes this one. None where it keeps this one.
    """

    endpoint_name: str
    state: State
    endpoint_status: str
    live_config: str
    deployed_config: str
    stack_status: str
    failure_reason: str | None
    deployment: str | None
    variants: tuple[VariantStatus, ...]
    next_endpoint_name: str | None

    @property
    def is_as_deployed(self) -> bool:
        """Whether the endpoint is in service with the config that the stack deployed."""
        return self.state == "in service"


def endpoint_status(clients: Callable[[str], Any], settings: EnvironmentSettings, endpoint: str) -> EndpointStatus:
    """Ask SageMaker and CloudFormation how an endpoint is.

    Parameters
    ----------
    clients
        Makes boto3 clients.
    settings
        Of the environment.
    endpoint
        The endpoint's name in the settings.

    Raises
    ------
    CommandError
        When it is not deployed, or somebody deleted it by other means.

    Notes
    -----
    Sources: SageMaker API, DescribeEndpoint; CloudFormation API, DescribeStackResource and DescribeStacks.
    """
    name = current_endpoint_name(clients, settings, endpoint)
    stack = settings.names.endpoint_stack(endpoint)
    cloudformation = clients("cloudformation")
    config = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId="EndpointConfig")
    stack_status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    live = _described(clients("sagemaker"), name, stack)
    # CloudFormation's id of an endpoint config is its ARN, which SageMaker writes in lower case.
    deployed = config["StackResourceDetail"]["PhysicalResourceId"].rpartition("/")[2]
    is_deployed = live["EndpointConfigName"].lower() == deployed.lower()
    pending = live.get("PendingDeploymentSummary")
    wanted = settings.names.endpoint(endpoint, settings.endpoints[endpoint].mode)
    return EndpointStatus(
        endpoint_name=name,
        state=_state(live["EndpointStatus"], is_deployed=is_deployed),
        endpoint_status=live["EndpointStatus"],
        live_config=live["EndpointConfigName"],
        deployed_config=live["EndpointConfigName"] if is_deployed else deployed,
        stack_status=stack_status,
        failure_reason=live.get("FailureReason"),
        deployment=_stage(pending) if pending else None,
        variants=(
            *(_variant(one, shadow=False) for one in live.get("ProductionVariants", [])),
            *(_variant(one, shadow=True) for one in live.get("ShadowProductionVariants", [])),
        ),
        next_endpoint_name=wanted if wanted != name else None,
    )


class DeletedEndpointError(CommandError):
    """An endpoint that a stack has, and that somebody deleted by other means."""


def _described(sagemaker: Any, name: str, stack: str) -> dict[str, Any]:
    try:
        described: dict[str, Any] = sagemaker.describe_endpoint(EndpointName=name)
    except sagemaker.exceptions.ClientError as error:
        told = error.response["Error"]
        if not is_gone(error) and "could not find" not in str(told.get("Message", "")).lower():
            raise
        raise DeletedEndpointError(
            f"There is no endpoint {name}, although the stack {stack} has it: somebody deleted it by other means. "
            "Destroy the stack and deploy it again"
        ) from error
    return described


def _state(endpoint_status: str, *, is_deployed: bool) -> State:
    if endpoint_status == "InService":
        return "in service" if is_deployed else "rolled back"
    return _STATES.get(endpoint_status, "failed")


def _stage(pending: dict[str, Any]) -> str:
    """Say how far an update is, as `Baking, to config-2` (SageMaker API, PendingDeploymentSummary)."""
    stages = [
        stage["Status"]
        for variant in pending.get("ProductionVariants", [])
        for stage in variant.get("VariantStatus", [])
    ]
    return f"{', '.join(dict.fromkeys(stages)) or 'Updating'}, to {pending['EndpointConfigName']}"


def _variant(described: dict[str, Any], *, shadow: bool) -> VariantStatus:
    serverless = described.get("CurrentServerlessConfig", {})
    return VariantStatus(
        name=described["VariantName"],
        shadow=shadow,
        weight=described.get("CurrentWeight"),
        desired_weight=described.get("DesiredWeight"),
        instances=None if serverless else described.get("CurrentInstanceCount"),
        desired_instances=None if serverless else described.get("DesiredInstanceCount"),
        provisioned_concurrency=serverless.get("ProvisionedConcurrency"),
        max_concurrency=serverless.get("MaxConcurrency"),
    )
