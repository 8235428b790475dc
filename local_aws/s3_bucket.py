"""What ministack's AWS::S3::Bucket leaves out: tags, encryption, lifecycle, and that a full bucket stays.

Each is set through S3's own API, so that it is checked and described as if a caller had set it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from local_aws import ministack_seam as seam
from local_aws.self_client import SelfClients

Properties = dict[str, Any]
Handler = Callable[..., Any]
# CloudFormation's name of a lifecycle rule's member, and S3's.
_RULE_MEMBERS = {
    "Id": "ID",
    "Status": "Status",
    "AbortIncompleteMultipartUpload": "AbortIncompleteMultipartUpload",
    "NoncurrentVersionExpiration": "NoncurrentVersionExpiration",
}


def complete(clients: SelfClients) -> None:
    """Add what is missing to the resource type."""

    def wrap(handlers: Mapping[str, Handler]) -> dict[str, Handler]:
        def create(logical_id: str, properties: Properties, stack_name: str) -> Any:
            created = handlers["create"](logical_id, properties, stack_name)
            _configure(clients.client("s3"), created[0], properties)
            return created

        def update(name: str, old: Properties, new: Properties, stack_name: str) -> Any:
            updated = handlers["update"](name, old, new, stack_name)
            _configure(clients.client("s3"), updated[0], new, old)
            return updated

        def delete(name: str, properties: Properties) -> None:
            _refuse_unless_empty(clients.client("s3"), name)
            handlers["delete"](name, properties)

        return {"create": create, "update": update, "delete": delete}

    seam.wrap_resource_type("AWS::S3::Bucket", wrap)


def _configure(s3: Any, name: str, properties: Properties, before: Properties | None = None) -> None:
    removals = {
        "Tags": s3.delete_bucket_tagging,
        "BucketEncryption": s3.delete_bucket_encryption,
        "LifecycleConfiguration": s3.delete_bucket_lifecycle,
    }
    for member, remove in removals.items():
        if (before or {}).get(member) and not properties.get(member):
            remove(Bucket=name)
    if tags := properties.get("Tags"):
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    if encryption := properties.get("BucketEncryption"):
        rules = [_encryption_rule(rule) for rule in encryption["ServerSideEncryptionConfiguration"]]
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    if lifecycle := properties.get("LifecycleConfiguration"):
        rules = [_lifecycle_rule(rule) for rule in lifecycle["Rules"]]
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})


def _encryption_rule(rule: Properties) -> dict[str, Any]:
    by_default = rule.get("ServerSideEncryptionByDefault") or {}
    members = {"SSEAlgorithm": "SSEAlgorithm", "KMSMasterKeyID": "KMSMasterKeyID"}
    applied = {api: by_default[cfn] for cfn, api in members.items() if cfn in by_default}
    if applied.get("SSEAlgorithm") == "aws:kms":
        # AWS falls back to its own key; ministack has none and refuses writes that name no key.
        applied.setdefault("KMSMasterKeyID", f"arn:aws:kms:{seam.region()}:{seam.account()}:alias/aws/s3")
    key = (
        {"BucketKeyEnabled": str(rule["BucketKeyEnabled"]).lower() == "true"} if "BucketKeyEnabled" in rule else {}
    )
    return {"ApplyServerSideEncryptionByDefault": applied, **key}


def _lifecycle_rule(rule: Properties) -> dict[str, Any]:
    translated: dict[str, Any] = {"Filter": {"Prefix": rule.get("Prefix", "")}}
    for member, value in rule.items():
        if member in _RULE_MEMBERS:
            translated[_RULE_MEMBERS[member]] = _numbers(value)
        elif member == "ExpirationInDays":
            translated["Expiration"] = {**translated.get("Expiration", {}), "Days": int(value)}
        elif member == "ExpiredObjectDeleteMarker":
            marker = str(value).lower() == "true"
            translated["Expiration"] = {
                **translated.get("Expiration", {}),
                "ExpiredObjectDeleteMarker": marker,
            }
        elif member != "Prefix":
            raise ValueError(f"The local AWS does not implement {member} of a bucket's lifecycle rule")
    return translated


def _numbers(value: Any) -> Any:
    """Return a structure with its numbers as numbers: a template may write them as strings."""
    if isinstance(value, dict):
        return {key: int(member) if str(member).isdigit() else member for key, member in value.items()}
    return value


def _refuse_unless_empty(s3: Any, name: str) -> None:
    try:
        versions = s3.list_object_versions(Bucket=name, MaxKeys=1)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucket":
            return
        raise
    if versions.get("Versions") or versions.get("DeleteMarkers"):
        raise ValueError(
            f"The bucket you tried to delete is not empty. You must delete all versions in the bucket. ({name})"
        )
