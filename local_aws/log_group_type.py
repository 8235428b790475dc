"""What ministack's AWS::Logs::LogGroup leaves out: that somebody else's log group of the same name stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local_aws import ministack_seam as seam
from local_aws.self_client import SelfClients

Handler = Callable[..., Any]
_STACK_TAG = "aws:cloudformation:stack-name"


def complete(clients: SelfClients) -> None:
    """Refuse a log group that exists already, as CloudFormation does on AWS; ministack empties it.

    One that an interrupted operation on the same stack made is taken in again.
    """

    def wrap(handlers: Mapping[str, Handler]) -> dict[str, Handler]:
        def create(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
            name = properties.get("LogGroupName")
            if name and _is_somebody_elses(clients.client("logs"), name, stack_name):
                raise RuntimeError(
                    "Resource handler returned message: \"Resource of type 'AWS::Logs::LogGroup' with identifier "
                    f'\'{{"/properties/LogGroupName":"{name}"}}\' already exists."'
                )
            return handlers["create"](logical_id, properties, stack_name)

        return {"create": create}

    seam.wrap_resource_type("AWS::Logs::LogGroup", wrap)


def _is_somebody_elses(logs: Any, name: str, stack_name: str) -> bool:
    found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    arns = [group["arn"].removesuffix(":*") for group in found if group["logGroupName"] == name]
    return bool(arns) and logs.list_tags_for_resource(resourceArn=arns[0])["tags"].get(_STACK_TAG) != stack_name
