"""Answers one request of the queue: input from S3, container, outcome to S3 and to SNS, with the role's rights."""

from __future__ import annotations

import base64
import functools
import io
import logging
import tempfile
import time
from dataclasses import dataclass
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.sagemaker.asgi import Answer
from local_aws.sagemaker.asynchronous import notification
from local_aws.sagemaker.asynchronous.request import container_headers
from local_aws.sagemaker.forwarding import forward
from local_aws.sagemaker.metrics import InvocationMetrics
from local_aws.sagemaker.model_error import ModelError
from local_aws.sagemaker.resources import Record
from local_aws.sagemaker.role_rights import NotAllowedError, RoleRights, bucket_and_key, object_arn
from local_aws.sagemaker.traffic import RunningVariants, choose
from local_aws.sagemaker.variant import NoInstance, NoLongerServing

_LOG = logging.getLogger(__name__)
_LARGEST = 1024**3  # bytes of input; Developer Guide, "Asynchronous inference"


class _Failed(Exception):  # noqa: N818 - an outcome, not a fault
    """The request has no answer; the arguments are AWS's reason and the text for the failure location."""


@dataclass(frozen=True)
class Outcomes:
    """Where an endpoint's outcomes go.

    Parameters
    ----------
    endpoint_name
        As it was created.
    output
        The ``OutputConfig``.
    role_arn
        The execution role.
    """

    endpoint_name: str
    output: Record
    role_arn: str


class AsyncInvocation:
    """Takes requests to a container.

    Parameters
    ----------
    endpoints
        The variants that run.
    metrics
        What counts invocations.
    rights
        Gives clients of the execution role.
    """

    def __init__(self, endpoints: RunningVariants, metrics: InvocationMetrics, rights: RoleRights) -> None:
        self._endpoints = endpoints
        self._metrics = metrics
        self._rights = rights

    def run(self, request: Record, outcomes: Outcomes) -> bool:
        """Bring a request to its outcome, which nothing that fails keeps from being told.

        Returns
        -------
        bool
            Whether it has one; without an instance it has to wait on.
        """
        try:
            _check_age(request)
            answer = self._answer(request, outcomes)
            self._store(request["OutputLocation"], answer.body, answer.headers["content-type"], outcomes)
        except NoInstance:
            return False
        except _Failed as failure:
            self._tell_failure(request, outcomes, *failure.args)
        except (BotoCoreError, ClientError, NotAllowedError) as error:
            self._tell_failure(request, outcomes, f"ClientError: {error}", str(error))
        except Exception as error:  # noqa: BLE001 - nobody waits for the request who could be told
            _LOG.exception("asynchronous request %s", request["InferenceId"])
            self._tell_failure(request, outcomes, f"InternalServerError: {error}", str(error))
        else:
            config = outcomes.output.get("NotificationConfig", {})
            message = notification.succeeded(outcomes.endpoint_name, request, answer, config)
            self._publish(notification.topic_of(config, success=True), message, outcomes)
        return True

    def _answer(self, request: Record, outcomes: Outcomes) -> Answer:
        with self._input(request, outcomes) as (body, size):
            headers = {**container_headers(request), "content-length": str(size)}
            while True:
                variant = choose(self._endpoints, outcomes.endpoint_name)
                try:
                    with (
                        variant.request(),
                        self._metrics.invocation(
                            variant.endpoint_name, variant.name, time.perf_counter()
                        ) as timed,
                    ):
                        timed.instances = variant.instance_count
                        body.seek(0)
                        send = functools.partial(forward, timeout=request["Timeout"], largest_answer=_LARGEST)
                        return timed.time_model(send, variant, headers, body)
                except NoLongerServing:
                    continue
                except ModelError as error:
                    status = int(str(error.members["OriginalStatusCode"]))
                    side = "client" if 400 <= status < 500 else "server"  # noqa: PLR2004
                    reason = (
                        f"ClientError: Received {side} error ({status}) from model. See the SageMaker Endpoint"
                        " logs in your account for more information."
                    )
                    raise _Failed(reason, error.message) from error

    def _input(self, request: Record, outcomes: Outcomes) -> _Input:
        if "Body" in request:
            data = base64.b64decode(request["Body"])
            return _Input(io.BytesIO(data), len(data))
        bucket, key = bucket_and_key(request["InputLocation"])
        client = self._rights.client("s3", outcomes.role_arn, "s3:GetObject", object_arn(bucket, key))
        size = int(client.head_object(Bucket=bucket, Key=key)["ContentLength"])
        if size > _LARGEST:
            text = f"The input of {size} bytes is over the limit of {_LARGEST} bytes."
            raise _Failed(f"ClientError: {text}", text)
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the with block of _Input ends it
        try:
            client.download_fileobj(bucket, key, file)
        except BaseException:
            file.close()
            raise
        return _Input(file, size)

    def _tell_failure(self, request: Record, outcomes: Outcomes, reason: str, content: str) -> None:
        config = outcomes.output.get("NotificationConfig", {})
        if location := request.get("FailureLocation"):
            try:
                self._store(location, content.encode(), "text/plain", outcomes)
            except (BotoCoreError, ClientError, NotAllowedError) as error:
                _LOG.warning("The failure of %s could not be written: %s", request["InferenceId"], error)
        message = notification.failed(outcomes.endpoint_name, request, reason, content, config)
        self._publish(notification.topic_of(config, success=False), message, outcomes)

    def _store(self, location: str, body: bytes, content_type: str, outcomes: Outcomes) -> None:
        bucket, key = bucket_and_key(location)
        encryption: dict[str, Any] = {}
        if key_id := outcomes.output.get("KmsKeyId"):
            encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id}
        client = self._rights.client("s3", outcomes.role_arn, "s3:PutObject", object_arn(bucket, key))
        client.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type, **encryption)

    def _publish(self, topic: str | None, message: str, outcomes: Outcomes) -> None:
        if topic is None:
            return
        try:
            client = self._rights.client("sns", outcomes.role_arn, "sns:Publish", topic)
            client.publish(TopicArn=topic, Message=message)
        except (BotoCoreError, ClientError, NotAllowedError) as error:
            _LOG.warning("The topic %s was not told: %s", topic, error)


def _check_age(request: Record) -> None:
    if time.time() >= request["Expires"]:
        text = "The request was longer in the queue than its RequestTTLSeconds."
        raise _Failed(f"ClientError: {text}", text)


class _Input:
    """The body of a request while it is sent.

    Parameters
    ----------
    body
        What is read.
    size
        Its length in bytes.
    """

    def __init__(self, body: IO[bytes], size: int) -> None:
        self._body = body
        self._size = size

    def __enter__(self) -> tuple[IO[bytes], int]:
        return self._body, self._size

    def __exit__(self, *_: object) -> None:
        self._body.close()
