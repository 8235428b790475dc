"""A request of InvokeEndpointAsync, from its headers to the record that waits in the queue."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Mapping
from http import HTTPStatus

from local_aws.api_error import ApiError
from local_aws.api_model import ApiModel
from local_aws.sagemaker.asgi import Answer
from local_aws.sagemaker.resources import Record

_OPERATION = "InvokeEndpointAsync"
_PREFIX = "x-amzn-sagemaker-"
_MEMBERS = {
    "content-type": "ContentType",
    "accept": "Accept",
    "custom-attributes": "CustomAttributes",
    "inference-id": "InferenceId",
    "inputlocation": "InputLocation",
    "s3outputpathextension": "S3OutputPathExtension",
    "filename": "Filename",
    "requestttlseconds": "RequestTTLSeconds",
    "invocationtimeoutseconds": "InvocationTimeoutSeconds",
}
_NUMBERS = {"RequestTTLSeconds", "InvocationTimeoutSeconds"}
_TIME_TO_LIVE = 21600  # seconds; API_runtime_InvokeEndpointAsync
_INVOCATION_TIMEOUT = 900  # seconds; likewise


def queued(
    endpoint_name: str, headers: Mapping[str, str], body: bytes, output: Record, api_model: ApiModel
) -> Record:
    """Return the record of a request.

    Parameters
    ----------
    headers
        With names in lower case.
    body
        The inline input, if there is one.
    output
        The ``OutputConfig`` of the endpoint.
    api_model
        Of sagemaker-runtime.

    Raises
    ------
    ApiError
        For a request that the API refuses.
    """
    members: Record = {
        member: _number(headers[_PREFIX + name]) if member in _NUMBERS else headers[_PREFIX + name]
        for name, member in _MEMBERS.items()
        if _PREFIX + name in headers
    }
    api_model.validate(_OPERATION, {"EndpointName": endpoint_name, **members})
    if ("InputLocation" in members) == bool(body):
        raise ApiError("ValidationError", "Provide exactly one of InputLocation and Body.")
    name = members.get("InferenceId") or str(uuid.uuid4())
    file_name = members.pop("Filename", None) or f"{uuid.uuid4()}.out"
    extension = str(members.pop("S3OutputPathExtension", "")).strip("/")
    locations = {"OutputLocation": _join(output["S3OutputPath"], extension, file_name)}
    if failures := output.get("S3FailurePath"):
        locations["FailureLocation"] = _join(failures, extension, f"{file_name.removesuffix('.out')}-error.out")
    now = time.time()
    return {
        **members,
        **locations,
        **({"Body": base64.b64encode(body).decode()} if body else {}),
        "InferenceId": name,
        "Received": now,
        "Expires": now + members.pop("RequestTTLSeconds", _TIME_TO_LIVE),
        "Timeout": members.pop("InvocationTimeoutSeconds", _INVOCATION_TIMEOUT),
    }


def accepted(request: Record) -> Answer:
    """Return the answer to a request that was queued."""
    headers = {"content-type": "application/json", f"{_PREFIX}outputlocation": request["OutputLocation"]}
    if "FailureLocation" in request:
        headers[f"{_PREFIX}failurelocation"] = request["FailureLocation"]
    return Answer(HTTPStatus.ACCEPTED, headers, json.dumps({"InferenceId": request["InferenceId"]}).encode())


def container_headers(request: Record) -> dict[str, str]:
    """Return the headers that the container gets."""
    names = {
        "ContentType": "content-type",
        "Accept": "accept",
        "CustomAttributes": f"{_PREFIX}custom-attributes",
        "InferenceId": f"{_PREFIX}inference-id",
    }
    return {header: request[member] for member, header in names.items() if member in request}


def _number(text: str) -> int | str:
    """Return a number; what is none is left for the API model to refuse."""
    return int(text) if text.isdecimal() else text


def _join(path: str, *names: str) -> str:
    return "/".join([path.rstrip("/"), *filter(None, names)])
