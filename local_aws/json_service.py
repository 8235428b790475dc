"""A service of the local AWS that speaks AWS's JSON protocol (``X-Amz-Target``)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from local_aws.api_error import ApiError
from local_aws.api_model import ApiModel
from local_aws.ministack_seam import run_reentrant

Operation = Callable[[dict[str, Any]], dict[str, Any]]
Response = tuple[int, dict[str, str], bytes]
_CONTENT_TYPE = "application/x-amz-json-1.1"


class JsonService:
    """Validates a request against the service's API model and hands it to the operation of its name.

    Parameters
    ----------
    service
        botocore's name of the service.
    operations
        What is implemented, by the operation's name. A request for any other operation that the API model
        knows is refused by name: no request is answered by a stub.
    """

    def __init__(self, service: str, operations: Mapping[str, Operation]) -> None:
        self.service = service
        self.api_model = ApiModel(service)
        self._operations = operations

    async def handle_request(
        self,
        method: str,  # noqa: ARG002 - the signature is the emulator's
        path: str,  # noqa: ARG002
        headers: Mapping[str, str],
        body: bytes,
        query_params: Mapping[str, list[str]],  # noqa: ARG002
    ) -> Response:
        """Answer one HTTP request."""
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            # On a thread of its own, since an operation may call other services of this very server.
            answer = await run_reentrant(self.call, operation, _parsed(body))
        except ApiError as error:
            return _response(error.status, {"__type": error.code, "message": error.message}, error.code)
        return _response(HTTPStatus.OK, answer)

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Run an operation.

        Raises
        ------
        ApiError
            When the request is refused.
        """
        if self.api_model.operation(operation) is None:
            raise ApiError("UnknownOperationException", f"{self.service} has no operation {operation!r}")
        if operation not in self._operations:
            raise ApiError("UnsupportedOperation", f"The local AWS does not implement {self.service}:{operation}")
        self.api_model.validate(operation, request)
        return self._operations[operation](request)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        request = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise ApiError("SerializationException", f"The request is no JSON: {error}") from error
    if not isinstance(request, dict):
        raise ApiError("SerializationException", "The request is no JSON object")
    return request


def _response(status: int, body: dict[str, Any], error_code: str | None = None) -> Response:
    headers = {"Content-Type": _CONTENT_TYPE}
    if error_code:
        headers["x-amzn-errortype"] = error_code
    return int(status), headers, json.dumps(body).encode()
