"""What InvokeEndpoint answers for a container that did not succeed."""

from __future__ import annotations

from http import HTTPStatus

from local_aws import ministack_seam as seam
from local_aws.api_error import ApiError


class ModelError(ApiError):
    """The container did not answer with success (``ModelError`` of the sagemaker-runtime API model)."""

    def __init__(self, endpoint_name: str, original_status: int, original_message: str) -> None:
        side = "client" if 400 <= original_status < 500 else "server"  # noqa: PLR2004
        group = f"/aws/sagemaker/Endpoints/{endpoint_name}"
        super().__init__(
            "ModelError",
            f"Received {side} error ({original_status}) from primary with message"
            f' "{original_message}". See log group {group} in account {seam.account()} for more information.',
            HTTPStatus.FAILED_DEPENDENCY,
        )
        self.members = {
            "OriginalStatusCode": original_status,
            "OriginalMessage": original_message,
            "LogStreamArn": f"arn:aws:logs:{seam.region()}:{seam.account()}:log-group:{group}",
        }
