"""Mistakes in the features of an endpoint: one line each, with the key, what is allowed and how to mend it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks.settings import SettingsError, load_environment

Messages = Callable[..., list[str]]

CPU = {"type": "real-time", "instance_type": "ml.c7i.large"}
GPU = {"type": "real-time", "instance_type": "ml.g5.xlarge"}
SERVERLESS = {"type": "serverless"}
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
GROUPS = ["sg-0123456789abcdef0"]
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:on-call"
STATEMENT = {"sid": "ReadFeatures", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::features/*"]}


@pytest.fixture
def messages(tmp_path: Path) -> Messages:
    """What loading says of an endpoint `linear` with these keys, and of an environment with those."""

    def load(endpoint: dict[str, Any], **environment: Any) -> list[str]:
        linear = {"model": "linear", "hosting": CPU, **endpoint}
        document = {"account": "123456789012", "region": "eu-central-1", "endpoints": {"linear": linear}}
        (tmp_path / "dev.yaml").write_text(yaml.safe_dump({**document, **environment}))
        try:
            load_environment("dev", tmp_path)
        except SettingsError as error:
            return [line.removeprefix(f"{tmp_path}/dev.yaml: ") for line in str(error).splitlines()]
        return []

    return load


def statement(**changes: Any) -> dict[str, Any]:
    return {"additional_statements": [{**STATEMENT, **changes}]}


@pytest.mark.parametrize(
    "endpoint",
    [
        {"data_capture": {}},
        {"data_capture": {"prefix": "captures/shared-name", "output": False}},
        {"network": {"subnets": SUBNETS, "security_group_ids": GROUPS}},
        {"network": {"subnets": SUBNETS[:1], "security_group_ids": GROUPS, "isolation": True}},
        {"network": {"subnets": ["subnet-0a1b2c3d"], "security_group_ids": ["sg-0a1b2c3d"]}},
        {"encryption": {"volume": "made"}},
        {"encryption": {"volume": KEY, "data_capture": KEY}, "data_capture": {}},
        {"encryption": {"volume": KEY.replace("key/", "key/mrk-")}},
        {"encryption": {"topics": "made"}, "observability": {"alarm_topic": "made"}},
        {"encryption": {"topics": "made"}, "hosting": {**CPU, "type": "async", "error_topic": "made"}},
        {"artifact": "uncompressed"},
        {"observability": {"dashboard": False, "alarm_topic": TOPIC}},
        statement(),
        statement(actions=["s3:Get*"], reason="all kinds of reading"),
        statement(resources=["*"], reason="the action takes no resource"),
        statement(resources=["arn:aws:s3:::*"], reason="customers bring their own buckets"),
        statement(resources=["arn:aws:s3:::features-*/*", "arn:aws:sqs:*:*:features", "arn:aws:sns:*:*:*-done"]),
        statement(resources=["arn:aws:s3:::bucket/*", "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/*"]),
        statement(resources=["arn:aws:dynamodb:*:*:table/features*", "arn:aws:iam::*:role/reads-*"]),
        statement(conditions={"StringEquals": {"aws:ResourceAccount": ["123456789012", "210987654321"]}}),
        {"hosting": SERVERLESS, **statement()},
    ],
    ids=str,
)
def test_what_is_valid_gets_no_message(messages: Messages, endpoint: dict[str, Any]) -> None:
    assert messages(endpoint) == []


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        (
            {"data_capture": {"initial_sampling_percentage": 120}},
            "data_capture.initial_sampling_percentage: 120 is not allowed; allowed: 0 to 100; did you mean 100?",
        ),
        (
            {"data_capture": {"sampling": 1}},
            (
                "data_capture.sampling: unknown key; allowed: initial_sampling_percentage, input, output, prefix, "
                "expiration_in_days"
            ),
        ),
        ({"data_capture": {"input": "yes"}}, "data_capture.input: must be true or false, not 'yes'"),
        (
            {"data_capture": {"input": False, "output": False}},
            (
                "data_capture.output: input and output are both false, so nothing is captured; "
                "remove data_capture "
                "instead"
            ),
        ),
        (
            {"data_capture": {"prefix": "a*"}},
            (
                "data_capture.prefix: 'a*' is not a prefix of S3 keys; allowed: letters, digits and "
                "!_.'()/=+@,:-, up "
                "to 350 characters, as in captures/fraud"
            ),
        ),
        (
            {"data_capture": {"prefix": "models/linear"}},
            (
                "data_capture.prefix: 'models/linear' lies among the published models; choose another one, as in "
                "captures/fraud"
            ),
        ),
        (
            {"data_capture": {"prefix": "training/linear", "expiration_in_days": 1}},
            (
                "data_capture.prefix: 'training/linear' lies among what trainings read and write; choose another "
                "one, as in captures/fraud"
            ),
        ),
        (
            {"data_capture": {}, "hosting": SERVERLESS},
            "data_capture: serverless endpoints capture no data; leave the key out, or use instances",
        ),
        (
            {"network": {"subnets": ["subnet-12"], "security_group_ids": GROUPS}},
            "network.subnets: 'subnet-12' is not the id of a subnet, as in subnet-0123456789abcdef0",
        ),
        (
            {"network": {"subnets": SUBNETS, "security_group_ids": [f"sg-{number:08x}" for number in range(6)]}},
            "network.security_group_ids: 6 ids; allowed: 1 to 5",
        ),
        (
            {"network": {"subnets": [f"subnet-{n:08x}" for n in range(17)], "security_group_ids": GROUPS}},
            "network.subnets: 17 ids; allowed: 1 to 16",
        ),
        (
            {"network": {"subnets": SUBNETS[:1] * 2, "security_group_ids": GROUPS}},
            "network.subnets: names an id twice; remove one",
        ),
        (
            {"network": {"subnets": "subnet-1", "security_group_ids": GROUPS}},
            "network.subnets: must be a list, not 'subnet-1'",
        ),
        (
            {"network": {"subnets": SUBNETS}},
            "network.security_group_ids: is missing; a VPC takes both, and subnets stands there",
        ),
        (
            {"network": {"isolation": True}, "hosting": SERVERLESS},
            (
                "network.isolation: serverless endpoints have neither a VPC nor network isolation; "
                "leave the key out, "
                "or use instances"
            ),
        ),
        (
            {"encryption": {"volume": "mine"}},
            (
                "encryption.volume: 'mine' is neither `made` nor the ARN of a KMS key, as in "
                "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
            ),
        ),
        (
            {"encryption": {"volume": "alias/ours"}},
            (
                "encryption.volume: 'alias/ours' is an alias, and a role's policy takes keys; write "
                "the ARN of the key "
                "itself"
            ),
        ),
        (
            {"encryption": {"volume": KEY.replace("eu-central-1", "us-east-1")}},
            "encryption.volume: the key is in us-east-1; what it encrypts is in eu-central-1",
        ),
        (
            {"encryption": {"volume": KEY}, "hosting": SERVERLESS},
            "encryption.volume: serverless endpoints have no volume to encrypt; leave the key out",
        ),
        (
            {"encryption": {"volume": KEY}, "hosting": GPU},
            (
                "encryption.volume: ml.g5.xlarge has local disks, which its own hardware encrypts and no KMS key; "
                "leave the key out, or choose an instance type without them"
            ),
        ),
        (
            {"encryption": {"data_capture": KEY}},
            "encryption.data_capture: nothing is captured; add data_capture, or leave the key out",
        ),
        (
            {"encryption": {"topics": KEY}, "observability": {"alarm_topic": TOPIC}},
            (
                "encryption.topics: the stack makes no topic, and yours have their own keys; write "
                "`alarm_topic: made` "
                "under observability, or leave the key out"
            ),
        ),
        (
            {"artifact": "unpacked"},
            "artifact: 'unpacked' is not allowed; allowed: compressed, uncompressed; did you mean uncompressed?",
        ),
        (
            {"artifact": "uncompressed", "hosting": SERVERLESS},
            "artifact: serverless endpoints read compressed models only; leave the key out, or use instances",
        ),
        (
            {"observability": {"alarm_topic": f"{TOPIC}.fifo"}},
            (
                f"observability.alarm_topic: '{TOPIC}.fifo' is neither `made` nor the ARN of a topic, as in "
                "arn:aws:sns:eu-central-1:111122223333:name (a CloudWatch alarm publishes to no FIFO topic)"
            ),
        ),
        (
            {"observability": {"alarm_topic": TOPIC.replace("eu-central-1", "us-east-1")}},
            (
                "observability.alarm_topic: the topic is in us-east-1; an alarm publishes to topics "
                "of its own region, "
                "eu-central-1"
            ),
        ),
        (
            {"observability": {"alarms": {"memory_utilization_in_percent": 50}}},
            "observability.alarms: nobody hears of them; write `alarm_topic: made`, or the ARN of a topic",
        ),
        (
            {"observability": {"alarm_topic": "made", "alarms": {"disk_utilization_in_percent": 101}}},
            (
                "observability.alarms.disk_utilization_in_percent: 101 is not allowed; allowed: 0 to "
                "100; did you mean "
                "100?"
            ),
        ),
        (
            statement(sid="read-features"),
            (
                "additional_statements.0.sid: 'read-features' is not a statement's id; allowed: up "
                "to 64 letters and "
                "digits, as in ReadRows"
            ),
        ),
        (
            statement(sid="ReadModel"),
            "additional_statements.0.sid: Slipway's own statements have 'ReadModel' already; choose another",
        ),
        (
            {"additional_statements": [STATEMENT, STATEMENT]},
            "additional_statements.1.sid: another statement has 'ReadFeatures' already; choose another",
        ),
        (
            statement(actions=["*"]),
            (
                "additional_statements.0.actions: '*' is every action of AWS, which no model needs; "
                "name them, as in "
                "s3:GetObject"
            ),
        ),
        (
            statement(actions=["GetObject"]),
            "additional_statements.0.actions: 'GetObject' is not an action, as in s3:GetObject",
        ),
        (
            statement(actions=["s3:Get*"]),
            "additional_statements.0.reason: is missing; say why the action 's3:Get*' is not named more exactly",
        ),
        (
            statement(resources=["*"]),
            "additional_statements.0.reason: is missing; say why the resource '*' is not named more exactly",
        ),
        *(
            (
                statement(resources=["arn:aws:s3:::features/*", every]),
                (
                    f"additional_statements.0.reason: is missing; say why the resource '{every}' is not "
                    "named more exactly"
                ),
            )
            for every in (
                "arn:aws:s3:::*",
                "arn:aws:s3:::*/*",
                "arn:aws:s3:::*-*",
                "arn:aws:s3:*:*:accesspoint/*",
                "arn:aws:sqs:*:*:*",
                "arn:aws-cn:sns:*:1:*:*",
                "arn:aws:iam::*:role/*",
                "arn:aws:dynamodb:*:*:table/*",
                "arn:aws:secretsmanager:*:*:secret:*",
            )
        ),
        (
            statement(resources=["features"]),
            (
                "additional_statements.0.resources: 'features' is neither an ARN, as in "
                "arn:aws:s3:::bucket/prefix/*, "
                "nor '*'"
            ),
        ),
        (
            statement(resource=["*"]),
            (
                "additional_statements.0.resource: unknown key; allowed: sid, actions, resources, "
                "conditions, reason; "
                "did you mean resources?"
            ),
        ),
        (
            {**statement(), "execution_role_arn": "arn:aws:iam::123456789012:role/ours"},
            (
                "additional_statements: stands beside execution_role_arn; add the statements to your "
                "role, or leave "
                "that key out"
            ),
        ),
    ],
)
def test_one_mistake_is_one_line_that_says_how_to_mend_it(
    messages: Messages, endpoint: dict[str, Any], message: str
) -> None:
    assert messages(endpoint) == [f"endpoints.linear.{message}"]


def test_an_uncompressed_tarball_of_s3_is_refused(messages: Messages) -> None:
    found = messages(
        {"model": None, "model_data": {"s3_uri": "s3://theirs/model.tar.gz"}, "artifact": "uncompressed"}
    )
    assert (
        "endpoints.linear.artifact: model_data names a compressed tarball; leave one of the two keys out" in found
    )


def test_a_buckets_key_elsewhere_is_refused(messages: Messages) -> None:
    key = KEY.replace("eu-central-1", "us-east-1")
    assert messages({}, encryption={"bucket": key}) == [
        "encryption.bucket: the key is in us-east-1; what it encrypts is in eu-central-1"
    ]


CAPTURING = {"model": "linear", "hosting": CPU, "data_capture": {}}


def queued(**prefixes: str) -> dict[str, Any]:
    return {"model": "linear", "hosting": {"type": "async", "instance_type": "ml.c7i.large", **prefixes}}


@pytest.mark.parametrize(
    ("endpoints", "message"),
    [
        (
            {
                "one": {**CAPTURING, "data_capture": {"prefix": "kept"}},
                "other": {**CAPTURING, "data_capture": {"prefix": "kept/other"}},
            },
            "other.data_capture.prefix: kept/other/ and kept/, endpoints.one.data_capture.prefix,",
        ),
        (
            {"one": queued(output_prefix="out"), "other": queued(output_prefix="out")},
            "other.hosting.output_prefix: out/ and out/, endpoints.one.hosting.output_prefix,",
        ),
        (
            {"one": queued(failure_prefix="captures/other"), "other": CAPTURING},
            (
                "one.hosting.failure_prefix: captures/other/ and captures/other/, the default of "
                "endpoints.other.data_capture.prefix,"
            ),
        ),
        (
            {"one": CAPTURING, "other": queued(output_prefix="captures/one/x")},
            (
                "other.hosting.output_prefix: captures/one/x/ and captures/one/, the default of "
                "endpoints.one.data_capture.prefix,"
            ),
        ),
    ],
)
def test_prefixes_of_two_endpoints_do_not_lie_in_one_another(
    messages: Messages, endpoints: dict[str, Any], message: str
) -> None:
    assert messages({}, endpoints=endpoints) == [
        f"endpoints.{message} lie in one another; choose separate prefixes"
    ]


def test_a_prefix_around_the_defaults_of_another_endpoint_is_refused_for_each(messages: Messages) -> None:
    found = messages({}, endpoints={"one": queued(input_prefix="async/other"), "other": queued()})
    assert found == [
        (
            f"endpoints.one.hosting.input_prefix: async/other/ and async/other/{kind}/, the default of "
            f"endpoints.other.hosting.{kind}_prefix, lie in one another; choose separate prefixes"
        )
        for kind in ("input", "output", "failure")
    ]


def test_prefixes_that_only_begin_alike_are_apart(messages: Messages) -> None:
    endpoints = {"one": queued(output_prefix="async/other-out"), "other": queued(), "third": CAPTURING}
    assert messages({}, endpoints=endpoints) == []
