"""What is added to ministack's AWS::S3::Bucket, by requests that botocore checks."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from local_aws import s3_bucket

Handlers = dict[str, Callable[..., Any]]


@pytest.fixture
def s3() -> Iterator[Stubber]:
    """A client whose requests are expected one by one, and checked against the API model."""
    client = boto3.session.Session().client(
        "s3", region_name="us-east-1", aws_access_key_id="0" * 12, aws_secret_access_key="local"
    )
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def calls() -> list[tuple[Any, ...]]:
    """The calls of ministack's own handlers."""
    return []


@pytest.fixture
def handlers(
    s3: Stubber, calls: list[tuple[Any, ...]], fake_clients: Any, monkeypatch: pytest.MonkeyPatch
) -> Handlers:
    """The handlers of AWS::S3::Bucket after `complete`, over ones that note their calls."""
    provisioners = importlib.import_module("ministack.services.cloudformation.provisioners")

    def own(action: str) -> Callable[..., Any]:
        def handler(*arguments: Any) -> tuple[str, dict[str, Any]]:
            calls.append((action, *arguments))
            return "bucket", {"Arn": "arn:aws:s3:::bucket"}

        return handler

    own_handlers = {action: own(action) for action in ("create", "update", "delete", "import")}
    monkeypatch.setitem(provisioners._RESOURCE_HANDLERS, "AWS::S3::Bucket", own_handlers)
    s3_bucket.complete(fake_clients(s3=s3.client))
    return own_handlers


def expect(s3: Stubber, method: str, **request: Any) -> None:
    s3.add_response(method, {}, {"Bucket": "bucket", **request})


def test_a_plain_bucket_is_ministacks_own(handlers: Handlers, calls: list[tuple[Any, ...]]) -> None:
    created = handlers["create"]("Bucket", {}, "Stack")

    assert created == ("bucket", {"Arn": "arn:aws:s3:::bucket"})
    assert calls == [("create", "Bucket", {}, "Stack")]


def test_tags_are_set(handlers: Handlers, s3: Stubber) -> None:
    tags = [{"Key": "team", "Value": "one"}]
    expect(s3, "put_bucket_tagging", Tagging={"TagSet": tags})

    handlers["create"]("Bucket", {"Tags": tags}, "Stack")


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        (
            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
        ),
        (
            {
                "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key"},
                "BucketKeyEnabled": "true",
            },
            {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key"},
                "BucketKeyEnabled": True,
            },
        ),
        (
            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": False},
            {
                "ApplyServerSideEncryptionByDefault": {
                    "SSEAlgorithm": "aws:kms",
                    "KMSMasterKeyID": "arn:aws:kms:us-east-1:000000000000:alias/aws/s3",
                },
                "BucketKeyEnabled": False,
            },
        ),
    ],
    ids=["S3's key", "a key of one's own", "AWS's KMS key"],
)
def test_encryption_is_translated(
    handlers: Handlers, s3: Stubber, written: dict[str, Any], sent: dict[str, Any]
) -> None:
    expect(s3, "put_bucket_encryption", ServerSideEncryptionConfiguration={"Rules": [sent]})
    properties = {"BucketEncryption": {"ServerSideEncryptionConfiguration": [written]}}

    handlers["create"]("Bucket", properties, "Stack")


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        (
            {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": "7"}},
            {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
        ),
        (
            {"NoncurrentVersionExpiration": {"NoncurrentDays": 30, "NewerNoncurrentVersions": "2"}},
            {"NoncurrentVersionExpiration": {"NoncurrentDays": 30, "NewerNoncurrentVersions": 2}},
        ),
        ({"ExpirationInDays": "5"}, {"Expiration": {"Days": 5}}),
        ({"ExpiredObjectDeleteMarker": "true"}, {"Expiration": {"ExpiredObjectDeleteMarker": True}}),
    ],
    ids=["uploads", "old versions", "days", "delete markers"],
)
def test_a_lifecycle_rule_is_translated(
    handlers: Handlers, s3: Stubber, written: dict[str, Any], sent: dict[str, Any]
) -> None:
    rule = {"ID": "rule", "Status": "Enabled", "Filter": {"Prefix": "models/"}, **sent}
    expect(s3, "put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": [rule]})
    template = {"Id": "rule", "Status": "Enabled", "Prefix": "models/", **written}

    handlers["create"]("Bucket", {"LifecycleConfiguration": {"Rules": [template]}}, "Stack")


@pytest.mark.parametrize("member", ["Transitions", "TagFilters", "ObjectSizeGreaterThan", "Anything"])
def test_a_rule_that_is_not_implemented_is_refused_by_name(handlers: Handlers, member: str) -> None:
    rule = {"Status": "Enabled", member: []}

    with pytest.raises(ValueError, match=f"does not implement {member} of a bucket's lifecycle rule"):
        handlers["create"]("Bucket", {"LifecycleConfiguration": {"Rules": [rule]}}, "Stack")


def test_an_update_sets_the_new_properties(handlers: Handlers, s3: Stubber, calls: list[tuple[Any, ...]]) -> None:
    tags = [{"Key": "team", "Value": "two"}]
    expect(s3, "put_bucket_tagging", Tagging={"TagSet": tags})

    handlers["update"]("bucket", {}, {"Tags": tags}, "Stack")

    assert calls == [("update", "bucket", {}, {"Tags": tags}, "Stack")]


@pytest.mark.parametrize(
    ("old", "method"),
    [
        ({"Tags": [{"Key": "team", "Value": "one"}]}, "delete_bucket_tagging"),
        (
            {"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "ExpirationInDays": 1}]}},
            "delete_bucket_lifecycle",
        ),
        (
            {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
                    ]
                }
            },
            "delete_bucket_encryption",
        ),
    ],
    ids=["tags", "lifecycle", "encryption"],
)
def test_an_update_takes_away_what_the_template_no_longer_has(
    handlers: Handlers, s3: Stubber, old: dict[str, Any], method: str
) -> None:
    expect(s3, method)

    handlers["update"]("bucket", old, {}, "Stack")


class TestDelete:
    def listed(self, s3: Stubber, **answer: Any) -> None:
        s3.add_response("list_object_versions", answer, {"Bucket": "bucket", "MaxKeys": 1})

    def test_an_empty_bucket_is_deleted(
        self, handlers: Handlers, s3: Stubber, calls: list[tuple[Any, ...]]
    ) -> None:
        self.listed(s3)

        handlers["delete"]("bucket", {})

        assert calls == [("delete", "bucket", {})]

    @pytest.mark.parametrize("kind", ["Versions", "DeleteMarkers"])
    def test_a_full_one_stays(
        self, handlers: Handlers, s3: Stubber, calls: list[tuple[Any, ...]], kind: str
    ) -> None:
        self.listed(s3, **{kind: [{"Key": "models/linear/0.tar.gz", "VersionId": "1"}]})

        with pytest.raises(ValueError, match=r"not empty.*\(bucket\)"):
            handlers["delete"]("bucket", {})

        assert calls == []

    def test_one_that_somebody_deleted_before_is_no_error(
        self, handlers: Handlers, s3: Stubber, calls: list[tuple[Any, ...]]
    ) -> None:
        s3.add_client_error("list_object_versions", "NoSuchBucket")

        handlers["delete"]("bucket", {})

        assert calls == [("delete", "bucket", {})]

    def test_any_other_error_is_told(self, handlers: Handlers, s3: Stubber) -> None:
        s3.add_client_error("list_object_versions", "AccessDenied")

        with pytest.raises(Exception, match="AccessDenied"):
            handlers["delete"]("bucket", {})
