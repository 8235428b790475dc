"""The roles that SageMaker takes on: clients that may do what a role's policies let them do, and no more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import botocore.session
from botocore.credentials import RefreshableCredentials

from local_aws import ministack_seam as seam
from local_aws.door import Door
from local_aws.self_client import new_client

_SERVICE = "sagemaker.amazonaws.com"
_SESSION_NAME = "SageMaker"


class RoleNotAssumableError(Exception):
    """There is no such role, or it does not let SageMaker take it on."""


class ServiceRoles:
    """Takes on execution roles as SageMaker does.

    Parameters
    ----------
    door
        Of this server.
    """

    def __init__(self, door: Door) -> None:
        self._door = door

    def of(self, role_arn: str) -> RoleClients:
        """Return clients that act with a role.

        Raises
        ------
        RoleNotAssumableError
            When SageMaker may not take the role on.
        """
        # How the account and the origin of a service's request are told: IAM User Guide, "The confused deputy
        # problem".
        context = {
            "aws:SourceAccount": seam.account(),
            "aws:SourceArn": f"arn:aws:sagemaker:{seam.region()}:{seam.account()}:*",
        }

        def assume() -> dict[str, str]:
            session = seam.assume_role(role_arn, _SERVICE, _SESSION_NAME, context)
            if session is None:
                raise RoleNotAssumableError(f"SageMaker may not assume the role {role_arn}")
            return {
                "access_key": session.access_key_id,
                "secret_key": session.secret_access_key,
                "token": session.session_token,
                "expiry_time": datetime.fromtimestamp(session.expires, UTC).isoformat(),
            }

        return RoleClients(self._door, RefreshableCredentials.create_from_metadata(assume(), assume, "service"))


class RoleClients:
    """Makes clients that act with a role, in the region of the request that is being answered.

    Parameters
    ----------
    door
        Of this server.
    credentials
        Of the role; they renew themselves.
    """

    def __init__(self, door: Door, credentials: RefreshableCredentials) -> None:
        self._door = door
        self._credentials = credentials

    def client(self, service: str) -> Any:
        """Return the client of a service."""
        core = botocore.session.Session()
        core._credentials = self._credentials  # noqa: SLF001 - botocore has no other way in for these
        return new_client(self._door, service, boto3.session.Session(botocore_session=core))
