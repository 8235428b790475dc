"""SageMaker's endpoints, endpoint configs and models."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from botocore.exceptions import ClientError

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.resource_kind import Pause, ResourceKind, Tags, is_gone, pages, tag_map
from slipway.cleanup.ownership import Kind, Resource
from stacks.names import Names

_MOVING = {"Creating", "Updating", "SystemUpdating", "RollingBack"}
"""Before they end, SageMaker refuses a deletion (SageMaker API, DeleteEndpoint)."""

_SECONDS_BETWEEN_LOOKS = 1.0


def _kind(
    kind: Kind, title: str, command: str, remove: Callable[[Clients, Resource, Pause], None]
) -> ResourceKind:
    """Make one of the three kinds, which SageMaker lists alike; on AWS, CloudFormation's names tell no stack."""

    def listed(clients: Clients, _names: Names) -> Iterator[Resource]:
        for one in pages(clients("sagemaker"), f"list_{kind.replace(' ', '_')}s", f"{title}s"):
            yield Resource(kind, one[f"{title}Name"], one[f"{title}Arn"])

    return ResourceKind(
        kind=kind,
        plural=f"{kind}s",
        listed=listed,
        commands=lambda _, resource: (f"{command} {resource.name}",),
        remove=remove,
        tags=_tags,
    )


def _tags(clients: Clients, resource: Resource) -> Tags:
    return tag_map(list(pages(clients("sagemaker"), "list_tags", "Tags", ResourceArn=resource.arn)))


def _status(clients: Clients, name: str) -> str | None:
    try:
        return str(clients("sagemaker").describe_endpoint(EndpointName=name)["EndpointStatus"])
    except ClientError as error:
        if is_gone(error):
            return None
        raise


def _remove_endpoint(clients: Clients, resource: Resource, pause: Pause) -> None:
    while _status(clients, resource.name) in _MOVING:
        pause(_SECONDS_BETWEEN_LOOKS)
    if _status(clients, resource.name) not in {None, "Deleting"}:
        clients("sagemaker").delete_endpoint(EndpointName=resource.name)
    while _status(clients, resource.name) is not None:
        pause(_SECONDS_BETWEEN_LOOKS)


ENDPOINTS = _kind("endpoint", "Endpoint", "sagemaker delete-endpoint --endpoint-name", _remove_endpoint)
ENDPOINT_CONFIGS = _kind(
    "endpoint config",
    "EndpointConfig",
    "sagemaker delete-endpoint-config --endpoint-config-name",
    lambda clients, resource, _: clients("sagemaker").delete_endpoint_config(EndpointConfigName=resource.name),
)
MODELS = _kind(
    "model",
    "Model",
    "sagemaker delete-model --model-name",
    lambda clients, resource, _: clients("sagemaker").delete_model(ModelName=resource.name),
)
