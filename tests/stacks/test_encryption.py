"""KMS keys: what they encrypt, who may use them, how long they stay."""

from collections.abc import Callable
from typing import Any

import pytest

Synthesize = Callable[..., Any]
KEY, CONFIG, BUCKET = "AWS::KMS::Key", "AWS::SageMaker::EndpointConfig", "AWS::S3::Bucket"
ARN = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
MADE = """
account: "123456789012"
region: eu-central-1
removal: destroy
encryption: {bucket: BUCKET}
endpoints:
  linear:
    model: linear
    hosting: {type: real-time, instance_type: ml.c7i.large}
    data_capture: {}
    observability: {alarm_topic: made}
    encryption: {volume: VALUE, data_capture: VALUE, topics: VALUE}
"""
OURS = MADE.replace("VALUE", "made").replace("BUCKET", "made")
THEIRS = MADE.replace("VALUE", ARN).replace("BUCKET", ARN)


def kms_statements(assembly: Any) -> dict[str, tuple[Any, Any]]:
    policy = assembly.endpoint().only("AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    return {one["Sid"]: (one["Action"], one["Resource"]) for one in policy if "kms:" in str(one["Action"])}


def key_policy(template: Any) -> dict[str, dict[str, Any]]:
    return {one["Sid"]: one for one in template.only(KEY)["KeyPolicy"]["Statement"]}


def arn_of_the_only_key(template: Any) -> dict[str, list[str]]:
    (logical_id,) = template.of_type(KEY)
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def test_one_key_of_the_endpoints_encrypts_volume_captures_and_topic(synthesize: Synthesize) -> None:
    template = synthesize(text=OURS).endpoint()
    arn = arn_of_the_only_key(template)
    config = template.only(CONFIG)
    assert config["KmsKeyId"] == arn
    assert config["DataCaptureConfig"]["KmsKeyId"] == arn
    assert template.only("AWS::SNS::Topic")["KmsMasterKeyId"] == arn


def test_keys_that_are_brought_are_taken_and_none_is_made(synthesize: Synthesize) -> None:
    assembly = synthesize(text=THEIRS)
    template = assembly.endpoint()
    config = template.only(CONFIG)
    assert (config["KmsKeyId"], config["DataCaptureConfig"]["KmsKeyId"]) == (ARN, ARN)
    assert template.only("AWS::SNS::Topic")["KmsMasterKeyId"] == ARN
    assert not template.of_type(KEY)
    assert not assembly.artifacts.of_type(KEY)
    assert {resource for _, resource in kms_statements(assembly).values()} == {ARN}


def test_the_role_uses_each_key_for_what_it_is_there_for(synthesize: Synthesize) -> None:
    assembly = synthesize(text=OURS)
    template = assembly.endpoint()
    ours = arn_of_the_only_key(template)
    (parameter,) = [
        name
        for name, one in template.content["Parameters"].items()
        if one["Default"] == "/slipway/made/bucket-key-arn"
    ]
    assert kms_statements(assembly) == {
        "UseBucketKey": ("kms:Decrypt", {"Ref": parameter}),
        "EncryptVolume": ("kms:CreateGrant", ours),
        "EncryptCaptures": ("kms:GenerateDataKey", ours),
    }


@pytest.mark.parametrize(
    ("change", "writes"),
    [
        (("", ""), False),  # captures have a key of their own
        (("data_capture: VALUE, ", ""), True),
        (("type: real-time", "type: async"), True),
    ],
    ids=["captures-with-their-key", "captures-with-the-buckets", "async"],
)
def test_the_role_encrypts_with_the_buckets_key_only_where_it_writes_with_it(
    synthesize: Synthesize, change: tuple[str, str], *, writes: bool
) -> None:
    text = MADE.replace(*change).replace("VALUE", ARN).replace("BUCKET", ARN)
    found = kms_statements(synthesize(text=text))
    assert found["UseBucketKey"] == ("kms:Decrypt", ARN)
    assert ("EncryptInBucket" in found) is writes
    assert found.get("EncryptInBucket", ("kms:GenerateDataKey", ARN)) == ("kms:GenerateDataKey", ARN)


def test_the_endpoint_finds_the_buckets_key_where_the_artifact_stack_leaves_it(synthesize: Synthesize) -> None:
    assembly = synthesize(text=OURS)
    arn = arn_of_the_only_key(assembly.artifacts)
    parameter = assembly.artifacts.only("AWS::SSM::Parameter")
    assert (parameter["Name"], parameter["Value"]) == ("/slipway/made/bucket-key-arn", arn)
    assert "Fn::ImportValue" not in str(assembly.endpoint().content)


def test_the_bucket_is_encrypted_by_its_key(synthesize: Synthesize) -> None:
    for text in (OURS, THEIRS):
        artifacts = synthesize(text=text).artifacts
        (rule,) = artifacts.only(BUCKET)["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        expected = ARN if text == THEIRS else arn_of_the_only_key(artifacts)
        assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": expected}
        assert rule["BucketKeyEnabled"] is True


def test_the_cli_publishes_and_deploys_with_the_buckets_key(synthesize: Synthesize) -> None:
    policy = key_policy(synthesize(text=OURS).artifacts)
    role = "arn:aws:iam::123456789012:role/cdk-hnb659fds-{}-role-123456789012-eu-central-1"
    assert policy["PublishAssets"]["Principal"] == {"AWS": role.format("file-publishing")}
    assert policy["PublishAssets"]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert policy["ReadTemplates"]["Principal"] == {"AWS": role.format("deploy")}
    assert policy["ReadTemplates"]["Action"] == "kms:Decrypt"


def test_no_key_policy_has_a_wildcard_action_or_another_account(synthesize: Synthesize) -> None:
    assembly = synthesize(text=OURS)
    for template in (assembly.artifacts, assembly.endpoint()):
        for sid, statement in key_policy(template).items():
            assert "*" not in str(statement["Action"]), sid
            assert "123456789012" in str(statement["Principal"]) or "Service" in statement["Principal"], sid


def test_only_a_topics_key_lets_in_cloudwatch_and_only_for_this_account(synthesize: Synthesize) -> None:
    statement = key_policy(synthesize(text=OURS).endpoint())["AlarmsPublish"]
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    without = synthesize(text=OURS.replace(", topics: made", "")).endpoint()
    assert "AlarmsPublish" not in key_policy(without)


@pytest.mark.parametrize(("removal", "policy"), [("destroy", "Delete"), ("retain", "Retain")])
def test_keys_rotate_and_go_as_the_environment_says(synthesize: Synthesize, removal: str, policy: str) -> None:
    assembly = synthesize(text=OURS.replace("removal: destroy", f"removal: {removal}"))
    for template in (assembly.artifacts, assembly.endpoint()):
        (key,) = template.of_type(KEY).values()
        assert key["Properties"]["EnableKeyRotation"] is True
        assert key["Properties"]["PendingWindowInDays"] == 7
        assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == (policy, policy)


def test_callers_of_an_asynchronous_endpoint_use_the_buckets_key_and_others_do_not(synthesize: Synthesize) -> None:
    asynchronous = THEIRS.replace("type: real-time", "type: async")
    for text, expected in ((asynchronous, [ARN]), (THEIRS, [])):
        policy = synthesize(text=text).endpoint().only("AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]
        assert [one["Resource"] for one in policy if one["Sid"] == "UseBucketKey"] == expected


def test_notifications_of_an_asynchronous_endpoint_use_the_topics_key(synthesize: Synthesize) -> None:
    text = OURS.replace("type: real-time", "type: async, error_topic: made")
    assembly = synthesize(text=text)
    template = assembly.endpoint()
    arn = arn_of_the_only_key(template)
    assert kms_statements(assembly)["PublishEncrypted"] == (["kms:Decrypt", "kms:GenerateDataKey"], arn)
    topics = template.of_type("AWS::SNS::Topic").values()
    assert [topic["Properties"]["KmsMasterKeyId"] for topic in topics] == [arn, arn]


def test_without_it_no_key_is_named_anywhere(synthesize: Synthesize) -> None:
    assembly = synthesize("prod")
    assert "kms" not in str(assembly.endpoint().content).lower()
    assert not assembly.artifacts.of_type(KEY)
