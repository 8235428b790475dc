"""SageMaker's endpoints, endpoint configs and models."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from botocore.exceptions import ClientError

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.one_operation import Deletion, deleted_at_once
from slipway.cleanup.kinds.resource_kind import Pause, ResourceKind, Tags, is_gone, named_resources, pages, tag_map
from slipway.cleanup.resource import Kind, Resource
from stacks.names import Names

_MOVING = {"Creating", "Updating", "SystemUpdating", "RollingBack"}
"""Before they end, SageMaker refuses a deletion (SageMaker API, DeleteEndpoint)."""

_SECONDS_BETWEEN_LOOKS = 1.0
_ENDPOINT_DELETION = Deletion("sagemaker", "delete_endpoint", lambda one: {"EndpointName": one.name})


def _listed(kind: Kind, title: str) -> Callable[[Clients, Names], Iterator[Resource]]:
    """List one of the three kinds, which SageMaker lists alike; on AWS, CloudFormation's names tell no stack."""

    def listed(clients: Clients, _names: Names) -> Iterator[Resource]:
        found = pages(clients("sagemaker"), f"list_{kind.replace(' ', '_')}s", f"{title}s")
        return named_resources(kind, found, f"{title}Name", f"{title}Arn")

    return listed


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
        _ENDPOINT_DELETION.remove(clients, resource)
    while _status(clients, resource.name) is not None:
        pause(_SECONDS_BETWEEN_LOOKS)


ENDPOINTS = ResourceKind(
    "endpoint",
    "endpoints",
    _listed("endpoint", "Endpoint"),
    lambda _, resource: (_ENDPOINT_DELETION.command(resource),),
    _remove_endpoint,
    _tags,
)
ENDPOINT_CONFIGS = deleted_at_once(
    "endpoint config",
    "endpoint configs",
    _listed("endpoint config", "EndpointConfig"),
    Deletion("sagemaker", "delete_endpoint_config", lambda one: {"EndpointConfigName": one.name}),
    _tags,
)
MODELS = deleted_at_once(
    "model",
    "models",
    _listed("model", "Model"),
    Deletion("sagemaker", "delete_model", lambda one: {"ModelName": one.name}),
    _tags,
)
