"""What is done, after a restart, about operations on stacks that were cut off."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws import ministack_seam as seam
from local_aws.stack_operations import StackOperations

WAIT = 60  # seconds
ACCOUNT, REGION = "123456789012", "eu-central-1"
CONFIG_BEFORE, CONFIG_AFTER = "first", "second"
Record = dict[str, Any]


class S3:
    """Buckets with the versions that are in them; the pages of a list are of one version."""

    def __init__(self, client_error: Any) -> None:
        self.buckets: dict[str, list[tuple[str, str]]] = {}
        self.scopes: set[tuple[str, str]] = set()
        self._client_error = client_error

    def get_paginator(self, operation: str) -> S3:
        assert operation == "list_object_versions"
        return self

    def paginate(self, Bucket: str) -> Iterator[Record]:  # noqa: N803 - boto3's name
        for number, (key, version) in enumerate(list(self.buckets[Bucket])):
            kind = "DeleteMarkers" if number % 2 else "Versions"
            yield {kind: [{"Key": key, "VersionId": version}]}
        yield {}

    def delete_object(self, Bucket: str, Key: str, VersionId: str) -> None:  # noqa: N803
        self.buckets[Bucket].remove((Key, VersionId))

    def delete_bucket(self, Bucket: str) -> None:  # noqa: N803
        self.scopes.add((seam.account(), seam.region()))
        if Bucket not in self.buckets:
            raise self._client_error("NoSuchBucket")
        if self.buckets[Bucket]:
            raise self._client_error("BucketNotEmpty")
        del self.buckets[Bucket]


class SageMaker:
    """Takes updates of the endpoints that a test has, or refuses them."""

    def __init__(self, hosting: Any) -> None:
        self._hosting = hosting
        self.refusal: Exception | None = None

    def update_endpoint(self, EndpointName: str, EndpointConfigName: str) -> None:  # noqa: N803 - boto3's names
        if self.refusal:
            raise self.refusal
        self._hosting.update(EndpointName, EndpointConfigName)


class Stacks:
    """ministack's stacks, as far as the seam shows them."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.unsaved: list[tuple[str, str]] = []
        self.done: list[tuple[str, str, str, str]] = []

    def every_stack(self) -> list[tuple[str, str, Record]]:
        return [(ACCOUNT, REGION, record) for record in self.records]

    def unsaved_buckets(self) -> list[tuple[str, str]]:
        return self.unsaved

    async def delete_stack(self, name: str, _stack_id: str) -> None:
        self.done.append(("deleted", name, seam.account(), seam.region()))

    async def roll_back_stack(self, name: str, _stack_id: str, _operation: Record) -> None:
        self.done.append(("rolled back", name, seam.account(), seam.region()))


class MiniStack:
    """ministack's own operations, and ours around them."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.hold: asyncio.Event | None = None

    def wrap(self, deploy: Any, delete: Any) -> None:
        self.deploy, self.delete = deploy(self._operation("deploy")), delete(self._operation("delete"))

    def _operation(self, kind: str) -> Any:
        async def operation(*_: Any, **__: Any) -> None:
            if self.hold:
                await self.hold.wait()
            self.ran.append(kind)

        return operation


@pytest.fixture
def stacks(monkeypatch: pytest.MonkeyPatch) -> Stacks:
    made = Stacks()
    for name in ("every_stack", "unsaved_buckets", "delete_stack", "roll_back_stack"):
        monkeypatch.setattr(seam, name, getattr(made, name))
    return made


@pytest.fixture
def s3(client_error: Any) -> S3:
    return S3(client_error)


@pytest.fixture
def sagemaker(hosting: Any) -> SageMaker:
    return SageMaker(hosting)


@pytest.fixture
def operations(fake_clients: Any, s3: S3, sagemaker: SageMaker, hosting: Any, stacks: Stacks) -> StackOperations:
    return StackOperations(fake_clients(s3=s3, sagemaker=sagemaker), hosting.endpoints)


def finish(operations: StackOperations) -> list[str]:
    """Let everything that was cut off be finished, and return what is said about it."""

    async def run() -> None:
        operations.finish_interrupted()
        async with asyncio.timeout(WAIT):
            await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))
        assert not operations.under_way

    asyncio.run(run())
    return operations.finished


def cut_off(status: str, *, template: Record | None = None, previous: Record | None = None, **more: Any) -> Record:
    """Return the record of a stack on which an operation was under way."""
    operation = {"template": {"Resources": template or {}}, "previous": previous, "parameters": {}, "tags": []}
    return {
        "StackName": "Linear",
        "StackId": "an-arn",
        "StackStatus": status,
        "_slipway_operation": operation,
        **more,
    }


def bucket(name: Any) -> Record:
    return {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}


class TestUnsavedBuckets:
    """A bucket that is on disk and that no saved state knows of."""

    def test_it_is_removed_with_every_version_in_it(
        self, operations: StackOperations, s3: S3, stacks: Stacks
    ) -> None:
        s3.buckets = {"new": [("a", "1"), ("a", "2"), ("b", "1")], "kept": [("a", "1")]}
        stacks.unsaved = [(ACCOUNT, "new")]

        finish(operations)

        assert s3.buckets == {"kept": [("a", "1")]}
        assert {account for account, _ in s3.scopes} == {ACCOUNT}

    def test_one_that_is_empty_is_removed(self, operations: StackOperations, s3: S3, stacks: Stacks) -> None:
        s3.buckets = {"new": []}
        stacks.unsaved = [(ACCOUNT, "new")]

        finish(operations)

        assert s3.buckets == {}


class TestUnrecordedBuckets:
    """Buckets that a creation made and that the stack's record does not have yet."""

    def test_an_empty_one_is_removed_before_the_stack_is_rolled_back(
        self, operations: StackOperations, s3: S3, stacks: Stacks
    ) -> None:
        s3.buckets = {"artifacts": []}
        stacks.records = [cut_off("CREATE_IN_PROGRESS", template={"Bucket": bucket("artifacts")})]

        said = finish(operations)

        assert s3.buckets == {}
        assert s3.scopes == {(ACCOUNT, REGION)}
        assert stacks.done == [("rolled back", "Linear", ACCOUNT, REGION)]
        assert said == ["rolled back Linear, whose deployment was interrupted"]

    def test_one_with_objects_or_none_at_all_does_not_keep_the_stack_from_its_end(
        self, operations: StackOperations, s3: S3, stacks: Stacks
    ) -> None:
        s3.buckets = {"somebodys": [("key", "1")]}
        template = {"Bucket": bucket("somebodys"), "Gone": bucket("never-made")}
        stacks.records = [cut_off("CREATE_IN_PROGRESS", template=template)]

        finish(operations)

        assert s3.buckets == {"somebodys": [("key", "1")]}
        assert stacks.done == [("rolled back", "Linear", ACCOUNT, REGION)]

    def test_recorded_ones_and_those_of_other_types_and_names_are_left_to_the_rollback(
        self, operations: StackOperations, s3: S3, stacks: Stacks
    ) -> None:
        s3.buckets = {"recorded": [], "topic": [], "named-by-aws": []}
        template = {
            "Recorded": bucket("recorded"),
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"BucketName": "topic"}},
            "Named": bucket({"Fn::Sub": "named-by-${AWS::Partition}"}),
            "Bare": {"Type": "AWS::S3::Bucket"},
        }
        record = cut_off("CREATE_IN_PROGRESS", template=template, _resources={"Recorded": {}})
        stacks.records = [record]

        finish(operations)

        assert s3.buckets.keys() == {"recorded", "topic", "named-by-aws"}
        assert stacks.done == [("rolled back", "Linear", ACCOUNT, REGION)]


class TestEndpoints:
    """Endpoints that an update had moved on."""

    @pytest.fixture(autouse=True)
    def scope(self) -> Iterator[None]:
        with seam.request_scope(ACCOUNT, REGION):
            yield

    @pytest.fixture(autouse=True)
    def endpoint(self, scope: None, hosting: Any, stacks: Stacks) -> Any:
        """An endpoint that has the new config, in a stack whose previous record has the old one."""
        hosting.create(config=CONFIG_AFTER)
        arn = hosting.settled()["EndpointArn"]
        resources = {
            "Endpoint": {
                "ResourceType": "AWS::SageMaker::Endpoint",
                "PhysicalResourceId": arn,
                "Properties": {"EndpointConfigName": CONFIG_BEFORE},
            },
            "Role": {"ResourceType": "AWS::IAM::Role", "PhysicalResourceId": "role", "Properties": {}},
        }
        stacks.records = [cut_off("UPDATE_IN_PROGRESS", previous={"_resources": resources})]

    def test_they_are_sent_back_before_the_stack_is_rolled_back(
        self, operations: StackOperations, hosting: Any, stacks: Stacks, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen = []
        roll_back = stacks.roll_back_stack

        async def noting(*arguments: Any) -> None:
            seen.append(dict(hosting.store.get("endpoint")))
            await roll_back(*arguments)

        monkeypatch.setattr(seam, "roll_back_stack", noting)

        finish(operations)

        assert [(s["EndpointConfigName"], s["EndpointStatus"]) for s in seen] == [(CONFIG_BEFORE, "InService")]
        assert stacks.done == [("rolled back", "Linear", ACCOUNT, REGION)]

    def test_one_that_has_its_config_is_left_alone(
        self, operations: StackOperations, hosting: Any, stacks: Stacks
    ) -> None:
        hosting.update(config=CONFIG_BEFORE)
        hosting.settled()
        launched = len(hosting.launcher.launched)

        finish(operations)

        assert len(hosting.launcher.launched) == launched

    def test_one_that_is_gone_does_not_keep_the_stack_from_its_end(
        self, operations: StackOperations, hosting: Any, stacks: Stacks
    ) -> None:
        hosting.endpoints.delete("endpoint")
        hosting.settled()

        finish(operations)

        assert stacks.done == [("rolled back", "Linear", ACCOUNT, REGION)]

    def test_one_that_cannot_be_sent_back_is_named_and_the_stack_reaches_its_end(
        self, operations: StackOperations, sagemaker: SageMaker, stacks: Stacks, client_error: Any
    ) -> None:
        sagemaker.refusal = client_error("ValidationException")

        said = finish(operations)

        assert any("endpoint endpoint could not be sent back to first: " in line for line in said)
        assert stacks.done == [("rolled back", "Linear", ACCOUNT, REGION)]


@pytest.mark.parametrize(
    "record",
    [cut_off("DELETE_IN_PROGRESS"), cut_off("CREATE_COMPLETE", _slipway_deletion=True)],
    ids=["under way", "accepted"],
)
def test_a_deletion_is_finished(operations: StackOperations, stacks: Stacks, record: Record) -> None:
    stacks.records = [record]

    said = finish(operations)

    assert stacks.done == [("deleted", "Linear", ACCOUNT, REGION)]
    assert said == ["deleted Linear, whose deletion was interrupted"]


def test_nothing_is_deleted_for_want_of_knowledge(operations: StackOperations, stacks: Stacks) -> None:
    record = cut_off("UPDATE_ROLLBACK_IN_PROGRESS")
    del record["_slipway_operation"]
    stacks.records = [record]

    said = finish(operations)

    assert stacks.done == []
    assert record["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    assert said == ["left Linear in UPDATE_ROLLBACK_FAILED, where UPDATE_ROLLBACK_IN_PROGRESS was interrupted"]


def test_a_rollback_that_is_cut_off_itself_can_be_repeated(
    operations: StackOperations, stacks: Stacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = cut_off("UPDATE_IN_PROGRESS")
    stacks.records = [record]
    roll_back, cut = stacks.roll_back_stack, []

    async def saving(*arguments: Any) -> None:
        cut.append(copy.deepcopy(record))
        await roll_back(*arguments)

    monkeypatch.setattr(seam, "roll_back_stack", saving)
    finish(operations)
    assert "_slipway_operation" not in record

    stacks.records, stacks.done = cut, []
    finish(operations)

    assert stacks.done == [("rolled back", "Linear", ACCOUNT, REGION)]


def test_what_cannot_be_finished_is_told_and_keeps_nothing_else_from_its_end(
    operations: StackOperations, s3: S3, stacks: Stacks, client_error: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise client_error("AccessDenied")

    monkeypatch.setattr(s3, "delete_bucket", refuse)
    s3.buckets = {"new": []}
    stacks.unsaved = [(ACCOUNT, "new")]
    stacks.records = [cut_off("DELETE_IN_PROGRESS")]

    said = finish(operations)

    assert any("could not be finished" in line and "AccessDenied" in line for line in said)
    assert stacks.done == [("deleted", "Linear", ACCOUNT, REGION)]


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_a_stack_on_which_nothing_goes_on_is_left_alone(
    operations: StackOperations, stacks: Stacks, status: str
) -> None:
    stacks.records = [cut_off(status)]

    assert finish(operations) == []
    assert stacks.done == []
    assert operations.stacks_in_progress() == []


class TestAcceptance:
    """Operations from the request for them to their end."""

    @pytest.fixture
    def record(self, monkeypatch: pytest.MonkeyPatch) -> Record:
        record = {"StackName": "Linear", "StackId": "an-arn", "StackStatus": "CREATE_COMPLETE", "Tags": []}
        monkeypatch.setattr(seam, "stack", lambda name: record if name == "Linear" else None)
        return record

    @pytest.fixture
    def ministack(self, monkeypatch: pytest.MonkeyPatch) -> MiniStack:
        made = MiniStack()
        monkeypatch.setattr(seam, "wrap_stack_operations", made.wrap)
        return made

    @pytest.fixture
    def saved(self, fake_clients: Any, hosting: Any, ministack: MiniStack, record: Record) -> list[Record]:
        """What the record was like each time that an operation was accepted."""
        copies: list[Record] = []
        on_accept = lambda: copies.append(copy.deepcopy(record))  # noqa: E731 - it is one
        StackOperations(fake_clients(), hosting.endpoints, on_accept).install()
        return copies

    def test_a_deployment_can_be_undone_from_the_moment_it_is_accepted(
        self,
        ministack: MiniStack,
        record: Record,
        saved: list[Record],
        stacks: Stacks,
        operations: StackOperations,
    ) -> None:
        previous = {"_resources": {"Role": {"ResourceType": "AWS::IAM::Role"}}}

        async def run() -> None:
            record["StackStatus"] = "UPDATE_IN_PROGRESS"  # as ministack does before
            deploying = ministack.deploy("Linear", "an-arn", {"Resources": {}}, {}, previous_stack=previous)
            assert len(saved) == 1
            await deploying

        asyncio.run(run())

        assert ministack.ran == ["deploy"]
        assert saved[0]["_slipway_operation"]["previous"] == previous
        assert "_slipway_operation" not in record
        stacks.records = saved
        finish(operations)
        assert [done[:2] for done in stacks.done] == [("rolled back", "Linear")]

    def test_a_deletion_is_finished_from_the_moment_it_is_accepted(
        self,
        ministack: MiniStack,
        record: Record,
        saved: list[Record],
        stacks: Stacks,
        operations: StackOperations,
    ) -> None:
        async def run() -> None:
            deleting = ministack.delete("Linear", "an-arn")
            assert len(saved) == 1
            await deleting

        asyncio.run(run())

        assert ministack.ran == ["delete"]
        assert record.keys() == {"StackName", "StackId", "StackStatus", "Tags"}
        stacks.records = saved
        finish(operations)
        assert [done[:2] for done in stacks.done] == [("deleted", "Linear")]

    def test_a_deletion_waits_for_the_deployment_and_nobody_sees_the_stack_settled_in_between(
        self, ministack: MiniStack, record: Record, saved: list[Record]
    ) -> None:
        async def run() -> None:
            ministack.hold = asyncio.Event()
            deploying = asyncio.ensure_future(ministack.deploy("Linear", "an-arn", {}, {}))
            await asyncio.sleep(0)
            deleting = asyncio.ensure_future(ministack.delete("Linear", "an-arn"))
            await asyncio.sleep(0)
            assert ministack.ran == []
            ministack.hold.set()
            await deploying
            assert record["StackStatus"] == "DELETE_IN_PROGRESS"
            await deleting

        asyncio.run(run())

        assert ministack.ran == ["deploy", "delete"]
        assert [sorted(copy_.keys() - record.keys()) for copy_ in saved] == [
            ["_slipway_operation"],
            ["_slipway_deletion", "_slipway_operation"],
        ]
