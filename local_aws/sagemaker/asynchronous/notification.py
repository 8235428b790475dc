"""What an SNS topic is told of an asynchronous request.

The message: Developer Guide, "Check prediction results" of asynchronous inference.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local_aws import ministack_seam as seam
from local_aws.sagemaker.asgi import Answer
from local_aws.sagemaker.resources import Record

_LARGEST_RESPONSE = 128 * 1024  # bytes; API_AsyncInferenceNotificationConfig


def topic_of(config: Mapping[str, Any], *, success: bool) -> str | None:
    """Return the ARN of the topic for an outcome, by the ``NotificationConfig``."""
    topic = config.get("SuccessTopic" if success else "ErrorTopic")
    return str(topic) if topic else None


def succeeded(endpoint_name: str, request: Record, answer: Answer, config: Mapping[str, Any]) -> str:
    """Return the message about a request that was answered."""
    message = {
        **_about(endpoint_name, request, "Completed"),
        "responseParameters": {
            "contentType": answer.headers["content-type"],
            "outputLocation": request["OutputLocation"],
        },
    }
    if _included(config, "SUCCESS_NOTIFICATION_TOPIC") and len(answer.body) <= _LARGEST_RESPONSE:
        message["responseBody"] = {"content": base64.b64encode(answer.body).decode(), "encoding": "BASE64"}
    return json.dumps(message)


def failed(endpoint_name: str, request: Record, reason: str, content: str, config: Mapping[str, Any]) -> str:
    """Return the message about a request that failed.

    Parameters
    ----------
    reason
        Why, as AWS says it.
    content
        What was written to the failure location.
    """
    message = {**_about(endpoint_name, request, "Failed"), "failureReason": reason}
    if _included(config, "ERROR_NOTIFICATION_TOPIC") and len(content.encode()) <= _LARGEST_RESPONSE:
        message["responseBody"] = {"content": content}
    return json.dumps(message)


def _about(endpoint_name: str, request: Record, status: str) -> dict[str, Any]:
    parameters = {
        "accept": request.get("Accept"),
        "contentType": request.get("ContentType"),
        "customAttributes": request.get("CustomAttributes"),
        "endpointName": endpoint_name,
        "inputLocation": request.get("InputLocation"),
    }
    return {
        "awsRegion": seam.region(),
        "eventTime": _milliseconds(datetime.now(UTC)),
        "receivedTime": _milliseconds(datetime.fromtimestamp(request["Received"], UTC)),
        "invocationStatus": status,
        "requestParameters": {name: value for name, value in parameters.items() if value is not None},
        "inferenceId": request["InferenceId"],
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def _included(config: Mapping[str, Any], topic: str) -> bool:
    return topic in config.get("IncludeInferenceResponseIn", [])


def _milliseconds(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
