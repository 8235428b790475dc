"""Keeps the operations on a CloudFormation stack in line, and finishes those that a restart cut off.

ministack runs every operation as a task of its own. Here a deletion waits for the creation or update that goes
on, and what an operation needs to be undone is kept with the stack until the operation is over. It is saved before
the operation is answered for, since the CDK CLI waits for ever for one that was accepted and forgotten. After a
restart a creation or an update that was cut off is rolled back, and a deletion is finished.
"""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from botocore.exceptions import ClientError

from local_aws import ministack_seam as seam
from local_aws.sagemaker.endpoints import Endpoints
from local_aws.self_client import SelfClients

Record = dict[str, Any]
_KEPT = "_slipway_operation"
_TO_BE_DELETED = "_slipway_deletion"
_LOG = logging.getLogger(__name__)


class StackOperations:
    """The operations on every stack.

    Parameters
    ----------
    clients
        Clients of the local AWS.
    endpoints
        The SageMaker endpoints, which an interrupted update may have changed.
    on_accept
        Called when an operation is accepted, before the request for it is answered.
    """

    def __init__(
        self, clients: SelfClients, endpoints: Endpoints, on_accept: Callable[[], None] = lambda: None
    ) -> None:
        self._clients = clients
        self._on_accept = on_accept
        self._endpoints = endpoints
        self._lines: dict[str, asyncio.Lock] = {}
        self._deletions: set[str] = set()
        self._finishing: set[asyncio.Task[None]] = set()
        self.finished: list[str] = []

    def install(self) -> None:
        """Take the place of ministack's operations."""
        seam.wrap_stack_operations(self._deploying, self._deleting)

    @property
    def under_way(self) -> bool:
        """Whether operations from before a restart are being finished."""
        return bool(self._finishing)

    @staticmethod
    def stacks_in_progress() -> list[str]:
        """Return the names of the stacks that an operation goes on on."""
        return [record["StackName"] for _, _, record in seam.every_stack() if _in_progress(record)]

    def finish_interrupted(self) -> None:
        """Roll back or finish, in the background, what was under way when the local AWS ended."""
        for account, name in seam.unsaved_buckets():
            with seam.request_scope(account, seam.region()):
                self._start(seam.run_reentrant(self._remove_bucket, name))
        for account, region, record in seam.every_stack():
            if not _in_progress(record) and _TO_BE_DELETED not in record:
                continue
            with seam.request_scope(account, region):
                self._start(self._finish(record))

    def _start(self, finishing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._as_far_as_possible(finishing))
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    async def _as_far_as_possible(self, finishing: Coroutine[Any, Any, None]) -> None:
        try:
            await finishing
        except Exception as error:  # noqa: BLE001 - the others shall reach their end
            _LOG.exception("what was cut off could not be finished")
            self.finished.append(f"something that was cut off could not be finished: {error}")

    def _remove_bucket(self, name: str) -> None:
        """Remove a bucket that was made in the moment of a kill, and that nothing else remembers."""
        s3 = self._clients.client("s3")
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
            for entry in page.get("Versions", []) + page.get("DeleteMarkers", []):
                s3.delete_object(Bucket=name, Key=entry["Key"], VersionId=entry["VersionId"])
        s3.delete_bucket(Bucket=name)

    async def _finish(self, record: Record) -> None:
        name, stack_id = record["StackName"], record["StackId"]
        status, operation = record["StackStatus"], record.get(_KEPT)
        if status == "DELETE_IN_PROGRESS" or _TO_BE_DELETED in record:
            await seam.delete_stack(name, stack_id)
            self.finished.append(f"deleted {name}, whose deletion was interrupted")
            return
        if operation is None:  # of an operation that is not ours to wrap, such as ContinueUpdateRollback
            record["StackStatus"] = "UPDATE_ROLLBACK_FAILED"
            self.finished.append(f"left {name} in UPDATE_ROLLBACK_FAILED, where {status} was interrupted")
            return
        await seam.run_reentrant(self._remove_unrecorded_buckets, record, operation)
        await seam.run_reentrant(self._send_endpoints_back, operation["previous"] or {})
        await seam.roll_back_stack(name, stack_id, operation)
        record.pop(_KEPT)  # not before: this may be cut off as well
        self.finished.append(f"rolled back {name}, whose deployment was interrupted")

    def _remove_unrecorded_buckets(self, record: Record, operation: Record) -> None:
        """Remove empty buckets that were made and not yet recorded as the stack's when the local AWS ended."""
        for logical_id, resource in operation["template"].get("Resources", {}).items():
            name = resource.get("Properties", {}).get("BucketName")
            recorded = logical_id in record.get("_resources", {})
            if resource["Type"] != "AWS::S3::Bucket" or recorded or not isinstance(name, str):
                continue
            try:
                self._clients.client("s3").delete_bucket(Bucket=name)
            except ClientError as error:
                _LOG.info("bucket %s of the interrupted creation: %s", name, error)

    def _send_endpoints_back(self, previous: Record) -> None:
        """Send endpoints back to the config they had, where the update had come further than its record says."""
        sagemaker = self._clients.client("sagemaker")
        for resource in previous.get("_resources", {}).values():
            if resource["ResourceType"] != "AWS::SageMaker::Endpoint":
                continue
            name = resource["PhysicalResourceId"].rpartition("/")[2]
            before = resource["Properties"]["EndpointConfigName"]
            settled = self._endpoints.wait_until_settled(name)
            if settled and settled["EndpointConfigName"] != before:
                try:
                    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=before)
                except ClientError as error:  # the stack shall reach its end all the same
                    self.finished.append(f"endpoint {name} could not be sent back to {before}: {error}")
                    continue
                self._endpoints.wait_until_settled(name)

    def _deploying(self, deploy: seam.Operation) -> seam.Operation:
        def accepted(
            name: str, stack_id: str, template: Record, parameters: Record, *rest: Any, **more: Any
        ) -> Coroutine[Any, Any, None]:
            operation = {
                "previous": copy.deepcopy(more.get("previous_stack")),
                "template": template,
                "parameters": parameters,
                "tags": (seam.stack(name) or {}).get("Tags") or [],
            }

            async def in_line() -> None:
                async with self._line(stack_id):
                    record = seam.stack(name) or {}
                    record[_KEPT] = operation
                    await deploy(name, stack_id, template, parameters, *rest, **more)
                    record.pop(_KEPT, None)
                    if stack_id in self._deletions:
                        # Nobody shall see the stack settled in between.
                        record["StackStatus"] = "DELETE_IN_PROGRESS"

            self._accept(name, _KEPT, operation)
            return in_line()

        return accepted

    def _deleting(self, delete: seam.Operation) -> seam.Operation:
        def accepted(name: str, stack_id: str, *rest: Any, **more: Any) -> Coroutine[Any, Any, None]:
            async def in_line() -> None:
                self._deletions.add(stack_id)
                async with self._line(stack_id):
                    self._deletions.discard(stack_id)
                    await delete(name, stack_id, *rest, **more)
                    (seam.stack(name) or {}).pop(_TO_BE_DELETED, None)

            self._accept(name, _TO_BE_DELETED, True)
            return in_line()

        return accepted

    def _accept(self, name: str, mark: str, value: Any) -> None:
        """Note an operation in the stack's record, which is there when it is called and when it begins."""
        (seam.stack(name) or {})[mark] = value
        self._on_accept()

    def _line(self, stack_id: str) -> asyncio.Lock:
        return self._lines.setdefault(stack_id, asyncio.Lock())


def _in_progress(record: Record) -> bool:
    """Whether an operation goes on; a stack in review is one that was never deployed."""
    status = record["StackStatus"]
    return bool(status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS")
