"""boto3 clients that functions answer: for requests whose order nobody knows, such as those of threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

Answer = Callable[[dict[str, Any]], dict[str, Any]]


class RefusalError(Exception):
    """What an answering function raises to have AWS refuse."""

    def __init__(self, code: str, message: str = "", status: int = 400, **members: Any) -> None:
        super().__init__(code)
        self.parsed = {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},
            **members,
        }
        self.status = status


class AnsweringAws:
    """Makes clients; every request is checked against the API model, kept, and answered.

    Parameters
    ----------
    answers
        By the name of the operation, what answers its parameters.
    """

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self._lock = threading.Lock()

    def __call__(self, service: str, **options: Any) -> Any:
        client = boto3.client(
            service, region_name="us-east-1", aws_access_key_id="0" * 12, aws_secret_access_key="local", **options
        )
        client.meta.events.register("before-parameter-build", self._keep)
        client.meta.events.register("before-call", self._answer)
        return client

    def requests_of(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.requests if name == operation]

    def _keep(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        context["given"] = dict(params)
        with self._lock:
            self.requests.append((model.name, dict(params)))

    def _answer(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        try:
            parsed = self.answers[model.name](context["given"])
            return AWSResponse(None, 200, {}, None), {"ResponseMetadata": {"HTTPStatusCode": 200}, **parsed}
        except RefusalError as refusal:
            return AWSResponse(None, refusal.status, {}, None), refusal.parsed
