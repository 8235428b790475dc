"""What IAM asks in strict mode before our own services answer: which action, on which resource.

Actions and resources: Service Authorization Reference, "Actions, resources, and condition keys for Amazon
SageMaker AI" and "... for AWS Application Auto Scaling".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from local_aws import ministack_seam as seam
from local_aws.api_error import ApiError
from local_aws.json_service import Response

Request = Mapping[str, Any]
_SERVICE = "sagemaker.amazonaws.com"


@dataclass(frozen=True)
class Permission:
    """What the caller of an operation needs.

    Parameters
    ----------
    action, resource
        As policies name them.
    context
        Condition keys of the request.
    """

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


class Rules(Protocol):
    """What the operations of a service need."""

    def __call__(self, operation: str, request: Request) -> Iterator[Permission]:
        """Return what an operation needs, with a request that may lack any member."""


def sagemaker_permissions(operation: str, request: Request) -> Iterator[Permission]:
    """Return what an operation of SageMaker hosting needs."""
    resources = _sagemaker_resources(operation, request)
    for resource in resources:
        yield Permission(f"sagemaker:{operation}", resource)
    if operation.startswith("Create") and request.get("Tags"):
        yield Permission("sagemaker:AddTags", resources[0])
    if role := request.get("ExecutionRoleArn"):
        yield Permission("iam:PassRole", str(role), {"iam:PassedToService": _SERVICE})


def _sagemaker_resources(operation: str, request: Request) -> list[str]:
    """Return the ARNs that an operation is about, its own first; ``*`` where that is no single resource."""
    if "ResourceArn" in request:
        return [str(request["ResourceArn"])]
    if operation.startswith("List"):
        return ["*"]
    # An Endpoint is made of a config, and both have to be permitted.
    kinds = {"EndpointName": "endpoint", "EndpointConfigName": "endpoint-config", "ModelName": "model"}
    named = [_sagemaker_arn(kind, str(request[name])) for name, kind in kinds.items() if name in request]
    return named or ["*"]


def _sagemaker_arn(kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:{seam.region()}:{seam.account()}:{kind}/{name.lower()}"


def autoscaling_permissions(operation: str, request: Request) -> Iterator[Permission]:
    """Return what an operation of Application Auto Scaling needs; one that describes takes no single resource."""
    about_one = not operation.startswith("Describe")
    targets = f"arn:aws:application-autoscaling:{seam.region()}:{seam.account()}:scalable-target/*"
    keys = {"ServiceNamespace": "service-namespace", "ScalableDimension": "scalable-dimension"}
    context = {
        f"application-autoscaling:{key}": str(request[name]) for name, key in keys.items() if name in request
    }
    yield Permission(f"application-autoscaling:{operation}", targets if about_one else "*", context)


def require(headers: Mapping[str, str], permission: Permission) -> None:
    """Refuse a caller who lacks a permission, or whose signature is wrong.

    Parameters
    ----------
    headers
        Of the request, with names in lower case.

    Raises
    ------
    ApiError
        In AWS's wording.
    """
    refusal = seam.refusal(headers, permission.action, permission.resource, permission.context)
    if refusal:
        raise ApiError(refusal.code, refusal.message, refusal.status)


class AuthorizedService:
    """Answers for a service those who may ask it.

    Parameters
    ----------
    service
        What answers.
    rules
        What its operations need.
    """

    def __init__(self, service: seam.Service, rules: Rules) -> None:
        self._service = service
        self._rules = rules

    async def handle_request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query_params: Mapping[str, list[str]],
    ) -> Response:
        """Answer one HTTP request."""
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            for permission in self._rules(operation, _request(body)):
                require(headers, permission)
        except ApiError as error:
            answer = json.dumps({"__type": error.code, "message": error.message}).encode()
            content = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": error.code}
            return error.status, content, answer
        return await self._service.handle_request(method, path, headers, body, query_params)

    def get_state(self) -> dict[str, Any]:
        """Return what has to survive a restart."""
        return self._service.get_state()

    def load_persisted_state(self, data: dict[str, Any]) -> None:
        """Take back the state from before a restart."""
        self._service.load_persisted_state(data)

    def reset(self) -> None:
        """Forget everything."""
        self._service.reset()


def require_invocation(
    scope: Mapping[str, Any], headers: Mapping[str, str], body: bytes, operation: str, endpoint_name: str
) -> None:
    """Refuse a caller who may not invoke an endpoint, whether it is there or not.

    Parameters
    ----------
    scope, headers, body
        Of the HTTP request; the signature is over all of them.
    operation
        ``InvokeEndpoint``, or one of its kind.

    Raises
    ------
    ApiError
        In AWS's wording.
    """
    seam.hold_request(scope, body)
    require(headers, Permission(f"sagemaker:{operation}", _sagemaker_arn("endpoint", endpoint_name)))


def _request(body: bytes) -> Request:
    """Return the members of a request; what is none is refused by the service itself."""
    try:
        request = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return request if isinstance(request, dict) else {}
