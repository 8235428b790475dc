"""What SageMaker does with the execution role when it starts a container, in strict mode: image and logs."""

from __future__ import annotations

import contextlib
import logging
import re
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local_aws.sagemaker.container import ContainerError
from local_aws.sagemaker.model_data import ModelData
from local_aws.self_client import Clients
from local_aws.service_roles import RoleNotAssumableError, ServiceRoles

_LOG = logging.getLogger(__name__)
_ECR_IMAGE = re.compile(
    r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[^.]+)\.[^/]+/(?P<repository>[^:@]+)[:@](?P<reference>.+)$"
)
_PULL_ACTIONS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:GetAuthorizationToken")


@dataclass(frozen=True)
class HostAccess:
    """What a container's host reaches the account with: the model's tarball, and a client of CloudWatch Logs."""

    model_data: ModelData
    logs: Any


class RoleAccess:
    """Gives a container's host the access that the execution role has.

    Parameters
    ----------
    clients
        Clients of the local AWS, which may ask what a role may do.
    roles
        What takes the role on.
    """

    def __init__(self, clients: Clients, roles: ServiceRoles) -> None:
        self._clients = clients
        self._roles = roles

    def __call__(self, role_arn: str, image: str) -> HostAccess:
        """Return the access of a role to start an image with.

        Raises
        ------
        ContainerError
            When SageMaker may not take the role on, or the role may not pull the image.
        """
        try:
            role = self._roles.of(role_arn)
        except RoleNotAssumableError as error:
            raise ContainerError(str(error)) from error
        _check_pull(self._clients.client("iam"), role_arn, image)
        return HostAccess(ModelData(role), RoleLogs(role))


def _check_pull(iam: Any, role_arn: str, image: str) -> None:
    """Refuse to start a container whose image the role's policies do not let it pull.

    Only the role's own policies are asked: AWS's containers lie in repositories that this machine does not have.

    Parameters
    ----------
    iam
        A client of IAM.

    Raises
    ------
    ContainerError
        With the reason that SageMaker gives.
    """
    match = _ECR_IMAGE.match(image)
    if match is None:
        return
    repository = f"arn:aws:ecr:{match['region']}:{match['account']}:repository/{match['repository']}"
    for action in _PULL_ACTIONS:
        resource = "*" if action == "ecr:GetAuthorizationToken" else repository
        answer = iam.simulate_principal_policy(
            PolicySourceArn=role_arn, ActionNames=[action], ResourceArns=[resource]
        )
        if any(result["EvalDecision"] != "allowed" for result in answer["EvaluationResults"]):
            permission = action.partition(":")[2]
            raise ContainerError(
                f"The role '{role_arn}' does not have {permission} permission for the image: '{image}'."
            )


class _Denied(Exception):  # noqa: N818 - a state, not a fault
    """The role may not do it."""


class RoleLogs:
    """CloudWatch Logs as far as a role may write to it: what it may not write is lost, and the endpoint runs.

    Parameters
    ----------
    clients
        Clients of the role.
    """

    def __init__(self, clients: Clients) -> None:
        self._logs = clients.client("logs")
        self._told = False
        self.exceptions = self._logs.exceptions

    def create_log_group(self, **request: Any) -> None:
        """Make a log group, unless the role may not, which says nothing: mostly the group is there."""
        with contextlib.suppress(_Denied):
            self._write("create_log_group", request)

    def create_log_stream(self, **request: Any) -> None:
        """Make a log stream, unless the role may not."""
        self._write_or_tell("create_log_stream", request)

    def put_log_events(self, **request: Any) -> None:
        """Write to a log stream, unless the role may not."""
        self._write_or_tell("put_log_events", request)

    def _write_or_tell(self, operation: str, request: dict[str, Any]) -> None:
        try:
            self._write(operation, request)
        except _Denied as error:
            if not self._told:
                _LOG.warning("The logs of a container are lost: %s", error)
            self._told = True

    def _write(self, operation: str, request: dict[str, Any]) -> None:
        try:
            getattr(self._logs, operation)(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDeniedException":
                raise
            raise _Denied(str(error)) from error
        except RoleNotAssumableError as error:  # when its credentials were to be renewed
            raise _Denied(str(error)) from error
