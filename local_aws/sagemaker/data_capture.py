"""Data capture: requests and answers of a variant as JSON Lines in S3.

Format and keys: Developer Guide, "Capture data from real-time endpoint": a line has ``captureData``,
``eventMetadata`` and ``eventVersion``; the key is ``PREFIX/ENDPOINT/VARIANT/yyyy/mm/dd/hh/mm-ss-mmm-UUID.jsonl``.
"""

from __future__ import annotations

import base64
import json
import logging
import queue
import random
import threading
import uuid
from collections.abc import Mapping
from contextvars import copy_context
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.sagemaker.asgi import Answer
from local_aws.sagemaker.resources import Record
from local_aws.sagemaker.role_rights import NotAllowedError, RoleRights, bucket_and_key, object_arn

_LOG = logging.getLogger(__name__)
_INTERVAL = 1.0  # seconds that captures are gathered for, into one object
_CLOSING = 10.0  # seconds that the last write may take
_DEFAULT_TYPE = "application/octet-stream"


class DataCapture:
    """Captures what one variant is asked and answers; a request is not held up by it.

    Parameters
    ----------
    config
        The ``DataCaptureConfig``.
    endpoint_name, variant_name
        Where it comes from.
    role_arn
        The execution role, which writes.
    rights
        Gives the client to write with.
    """

    def __init__(
        self, config: Record, endpoint_name: str, variant_name: str, role_arn: str, rights: RoleRights
    ) -> None:
        self._config = config
        self._place = f"{endpoint_name}/{variant_name}"
        self._role_arn = role_arn
        self._rights = rights
        self._modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._told = False
        scope = copy_context()  # the account and region of the endpoint
        self._thread = threading.Thread(target=scope.run, args=(self._run,), name="data capture", daemon=True)
        self._thread.start()

    def add(self, headers: Mapping[str, str], body: bytes, answer: Answer, inference_id: str | None) -> None:
        """Capture a request that was answered, if the sample takes it.

        Parameters
        ----------
        headers, body
            Of the request.
        answer
            Of the container.
        inference_id
            Of the request, if the caller gave one.
        """
        if random.random() * 100 >= self._config["InitialSamplingPercentage"]:  # noqa: S311
            return
        captured: dict[str, Any] = {}
        if self._modes & {"Input", "InputAndOutput"}:
            captured["endpointInput"] = self._part("INPUT", headers.get("content-type", _DEFAULT_TYPE), body)
        if self._modes & {"Output", "InputAndOutput"}:
            captured["endpointOutput"] = self._part("OUTPUT", answer.headers["content-type"], answer.body)
        metadata = {"eventId": str(uuid.uuid4()), "inferenceTime": _seconds(datetime.now(UTC))}
        if inference_id:
            metadata["inferenceId"] = inference_id
        line = {"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"}
        self._waiting.put(json.dumps(line, separators=(",", ":")))

    def close(self) -> None:
        """Write what is still to be written."""
        self._closing.set()
        self._waiting.put(None)
        self._thread.join(_CLOSING)

    def _part(self, mode: str, content_type: str, data: bytes) -> dict[str, str]:
        encoding = self._encoding(content_type)
        text = base64.b64encode(data).decode() if encoding == "BASE64" else data.decode(errors="replace")
        return {"observedContentType": content_type, "mode": mode, "data": text, "encoding": encoding}

    def _encoding(self, content_type: str) -> str:
        """Return how data are captured: in base64 unless CaptureContentTypeHeader has their type."""
        plain = content_type.partition(";")[0].strip().lower()
        types = self._config.get("CaptureContentTypeHeader", {})
        for member, encoding in (("CsvContentTypes", "CSV"), ("JsonContentTypes", "JSON")):
            if plain in {each.lower() for each in types.get(member, [])}:
                return encoding
        return "BASE64"

    def _run(self) -> None:
        ended = False
        while not ended:
            gathered = [self._waiting.get()]
            self._closing.wait(_INTERVAL)
            while not self._waiting.empty():
                gathered.append(self._waiting.get())
            ended = None in gathered
            if lines := [line for line in gathered if line is not None]:
                self._write("".join(f"{line}\n" for line in lines).encode())

    def _write(self, lines: bytes) -> None:
        now = datetime.now(UTC)
        name = f"{now:%M-%S}-{now.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
        bucket, prefix = bucket_and_key(self._config["DestinationS3Uri"].rstrip("/"))
        key = "/".join(filter(None, [prefix, self._place, f"{now:%Y/%m/%d/%H}", name]))
        encryption = {}
        if key_id := self._config.get("KmsKeyId"):
            encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id}
        try:
            client = self._rights.client("s3", self._role_arn, "s3:PutObject", object_arn(bucket, key))
            client.put_object(
                Bucket=bucket, Key=key, Body=lines, ContentType="application/jsonlines", **encryption
            )
        except (BotoCoreError, ClientError, NotAllowedError) as error:
            if not self._told:
                _LOG.warning("Captured data of %s are lost: %s", self._place, error)
            self._told = True


def _seconds(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
