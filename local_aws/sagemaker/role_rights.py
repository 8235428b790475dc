"""What SageMaker does in the account with an execution role while an endpoint serves, in both modes.

In strict mode the role is taken on; otherwise IAM is asked first what its policies allow.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.self_client import Clients
from local_aws.service_roles import RoleNotAssumableError, ServiceRoles


class NotAllowedError(Exception):
    """The role may not do it."""


def may(iam: Any, role_arn: str, action: str, resource: str) -> bool:
    """Return whether a role's policies let it do something; a role that is not there may do nothing.

    Parameters
    ----------
    iam
        A client of IAM.
    """
    try:
        answer = iam.simulate_principal_policy(
            PolicySourceArn=role_arn, ActionNames=[action], ResourceArns=[resource]
        )
    except (BotoCoreError, ClientError):
        return False
    return all(result["EvalDecision"] == "allowed" for result in answer["EvaluationResults"])


class RoleRights:
    """Gives clients that act with an execution role.

    Parameters
    ----------
    clients
        Clients of the local AWS.
    roles
        What takes roles on, in strict mode.
    """

    def __init__(self, clients: Clients, roles: ServiceRoles | None = None) -> None:
        self._clients = clients
        self._roles = roles

    def client(self, service: str, role_arn: str, action: str, resource: str) -> Any:
        """Return a client to do one thing with.

        Parameters
        ----------
        service
            boto3's name of it.
        role_arn
            The execution role.
        action, resource
            As policies name them.

        Raises
        ------
        NotAllowedError
            When the role may not.
        """
        if self._roles:
            try:
                return self._roles.of(role_arn).client(service)  # what it may not is refused on the call itself
            except RoleNotAssumableError as error:
                raise NotAllowedError(str(error)) from error
        if not may(self._clients.client("iam"), role_arn, action, resource):
            raise NotAllowedError(f"The role {role_arn} is not authorized to perform: {action} on {resource}")
        return self._clients.client(service)


def bucket_and_key(url: str) -> tuple[str, str]:
    """Return bucket and key of ``s3://bucket/key``."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key


def object_arn(bucket: str, key: str) -> str:
    """Return the ARN of an S3 object."""
    return f"arn:aws:s3:::{bucket}/{key}"
