"""What AWS would refuse of hosting, variants and rollouts is refused before, with the key and the mend."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from stacks.settings.mode import endpoint_mode

Messages = Callable[[Any], list[str]]
KEY = "dev.yaml: endpoints.linear"
CPU = {"type": "real-time", "instance_type": "ml.c7i.large"}
ASYNC = {"type": "async", "instance_type": "ml.c7i.large"}
SERVERLESS = {"type": "serverless"}
LINEAR = {"model": "linear"}
TWO = {**CPU, "initial_instance_count": 2}
TWO_ASYNC = {**ASYNC, "initial_instance_count": 2}
NEURON = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/neuron:1"
SUCCESS, ERROR = "SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"


def settings(hosting: dict[str, Any], **endpoint: Any) -> dict[str, Any]:
    """An environment with one endpoint; a `model` of None is left out."""
    one = {"model": "linear", "hosting": hosting, **endpoint}
    return {
        "account": "123456789012",
        "region": "eu-central-1",
        "endpoints": {"linear": {key: value for key, value in one.items() if value is not None}},
    }


def scaled(hosting: dict[str, Any], **scaling: Any) -> dict[str, Any]:
    target = {} if hosting["type"] != "real-time" else {"target_value": 10}
    return {**hosting, "autoscaling": {"max_capacity": 4, **target, **scaling}}


def rollout(way: str, **keys: Any) -> dict[str, Any]:
    return {"rollout": {"type": way, **keys}}


@pytest.mark.parametrize(
    "document",
    [
        settings({**CPU, "volume_size_in_gb": 512, "routing_strategy": "RANDOM"}),
        settings(scaled({**CPU, "initial_instance_count": 2}, min_capacity=2)),
        settings(scaled({**SERVERLESS, "provisioned_concurrency": 2}, target_value=0.5)),
        settings({**SERVERLESS, "max_concurrency": 2, "provisioned_concurrency": 2}),
        settings(scaled(ASYNC)),
        settings({**ASYNC, "success_topic": "made", "include_inference_response_in": [SUCCESS]}),
        settings(CPU, model=None, variants={"a": LINEAR, "b": {**LINEAR, "initial_variant_weight": 0}}),
        settings(SERVERLESS, model=None, variants={"only": LINEAR}),
        settings(CPU, shadow=LINEAR),
        settings(CPU, model=None, variants={"only": LINEAR}, shadow={**LINEAR, "sampling_percentage": 10}),
        settings({**CPU, "initial_instance_count": 2}, **rollout("canary")),
        settings(
            {**CPU, "initial_instance_count": 2}, **rollout("linear", maximum_execution_timeout_in_seconds=1201)
        ),
        settings({**ASYNC, "initial_instance_count": 4}, **rollout("rolling")),
        settings(
            {**CPU, "initial_instance_count": 4},
            **rollout("rolling", rollback_maximum_batch_size={"type": "CAPACITY_PERCENT", "value": 100}),
        ),
        settings({**ASYNC, "input_prefix": "async/linear/input/", "output_prefix": "async/linear/out"}),
        settings(CPU, **rollout("all-at-once", alarms={"alarm_names": [f"a{n}" for n in range(7)]})),
        settings(
            TWO_ASYNC,
            model=None,
            variants=dict.fromkeys("abcde", LINEAR),
            **rollout("canary", alarms={}),
        ),
        settings(ASYNC, model=None, variants=dict.fromkeys("abcdef", LINEAR), **rollout("all-at-once")),
        settings(
            {**CPU, "instance_type": "ml.inf1.xlarge"},
            model=None,
            container={"image": NEURON},
            variants=dict.fromkeys("abcd", LINEAR),
        ),
    ],
)
def test_valid_settings_have_no_mistakes(messages: Messages, document: dict[str, Any]) -> None:
    assert messages(document) == []


@pytest.mark.parametrize(
    ("document", "key", "fragments"),
    [
        (
            settings({**CPU, "instance_type": "ml.g5.xlarge", "volume_size_in_gb": 9}),
            "hosting.volume_size_in_gb",
            ("ml.g5.xlarge has disks of its own", "leave the key out"),
        ),
        (
            settings({**CPU, "volume_size_in_gb": 513}),
            "hosting.volume_size_in_gb",
            ("1 to 512", "did you mean 512?"),
        ),
        (
            settings({**CPU, "model_data_download_timeout_in_seconds": 30}),
            "hosting.model_data_download_timeout_in_seconds",
            ("60 to 3600", "did you mean 60?"),
        ),
        (
            settings({**CPU, "variant_instance_provision_timeout_in_seconds": 60}),
            "hosting.variant_instance_provision_timeout_in_seconds",
            ("300 to 3600",),
        ),
        (
            settings({**CPU, "routing_strategy": "least"}),
            "hosting.routing_strategy",
            ("LEAST_OUTSTANDING_REQUESTS, RANDOM",),
        ),
        (
            settings(scaled(CPU, min_capacity=5)),
            "hosting.autoscaling.min_capacity",
            ("5 is more than max_capacity, 4", "make it 4 or less"),
        ),
        (
            settings(scaled(CPU, min_capacity=2)),
            "hosting.autoscaling",
            ("initial_instance_count is 1", "min_capacity, 2", "make it 2"),
        ),
        (
            settings(scaled({**CPU, "initial_instance_count": 7})),
            "hosting.autoscaling",
            ("initial_instance_count is 7", "max_capacity, 4", "make it 4"),
        ),
        (settings(scaled(CPU, min_capacity=0)), "hosting.autoscaling.min_capacity", ("at least 1",)),
        (settings(scaled(CPU, target_value=0)), "hosting.autoscaling.target_value", ("more than 0",)),
        (
            settings(scaled(CPU, target_value=math.inf)),
            "hosting.autoscaling.target_value",
            ("inf is not allowed", "a finite number"),
        ),
        (settings(scaled(ASYNC, target_value=math.nan)), "hosting.autoscaling.target_value", ("nan",)),
        (
            settings(scaled({**SERVERLESS, "provisioned_concurrency": 2}, target_value=math.inf)),
            "hosting.autoscaling.target_value",
            ("inf is not allowed",),
        ),
        (
            settings(scaled({**CPU, "instance_type": "ml.t2.medium"})),
            "hosting.autoscaling",
            ("ml.t2.medium does not scale",),
        ),
        (
            settings({**SERVERLESS, "provisioned_concurrency": 9}),
            "hosting.provisioned_concurrency",
            ("9 is more than max_concurrency, 5",),
        ),
        (settings(scaled(SERVERLESS)), "hosting.autoscaling", ("add provisioned_concurrency",)),
        (
            settings(scaled({**SERVERLESS, "provisioned_concurrency": 2}, max_capacity=6)),
            "hosting.autoscaling.max_capacity",
            ("6 is more than max_concurrency, 5",),
        ),
        (
            settings(scaled({**SERVERLESS, "provisioned_concurrency": 2}, target_value=70)),
            "hosting.autoscaling.target_value",
            ("up to 1",),
        ),
        (
            settings(scaled({**ASYNC, "initial_instance_count": 5})),
            "hosting.autoscaling",
            ("initial_instance_count is 5",),
        ),
        (
            settings(scaled(ASYNC), model=None, variants={"a": LINEAR, "b": LINEAR}),
            "hosting.autoscaling",
            ("the backlog is the endpoint's", "keep one variant"),
        ),
        (
            settings({**ASYNC, "output_prefix": "a", "failure_prefix": "a/b"}),
            "hosting.failure_prefix",
            ("lie in one another",),
        ),
        (
            settings({**ASYNC, "output_prefix": "async/linear/input"}),
            "hosting.output_prefix",
            ("async/linear/input/, the default of endpoints.linear.hosting.input_prefix", "choose separate"),
        ),
        (
            settings({**ASYNC, "input_prefix": "async/linear/output/x"}),
            "hosting.input_prefix",
            ("async/linear/output/, the default of endpoints.linear.hosting.output_prefix",),
        ),
        (
            settings({**ASYNC, "failure_prefix": "captures"}, data_capture={}),
            "hosting.failure_prefix",
            ("captures/linear/, the default of endpoints.linear.data_capture.prefix",),
        ),
        (settings({**ASYNC, "output_prefix": "models/x"}), "hosting.output_prefix", ("published models",)),
        (settings({**ASYNC, "output_prefix": "/training/"}), "hosting.output_prefix", ("what trainings read",)),
        (settings({**ASYNC, "output_prefix": "a*"}), "hosting.output_prefix", ("not a prefix",)),
        (settings({**ASYNC, "error_topic": "me"}), "hosting.error_topic", ("`made`", "arn:aws:sns")),
        (
            settings({**ASYNC, "error_topic": "arn:aws:sns:us-east-1:123456789012:t"}),
            "hosting.error_topic",
            ("the topic is in us-east-1, the endpoint in eu-central-1",),
        ),
        (
            settings({**ASYNC, "include_inference_response_in": [ERROR]}),
            "hosting.include_inference_response_in",
            ("there is no error_topic", "`error_topic: made`"),
        ),
        (
            settings({**ASYNC, "max_concurrent_invocations_per_instance": 1001}),
            "hosting.max_concurrent_invocations_per_instance",
            ("1 to 1000",),
        ),
        (settings(CPU, variants={"a": LINEAR}), "model", ("stands beside variants",)),
        (settings(CPU, model=None, variants={}), "variants", ("is empty",)),
        (
            settings(CPU, model=None, variants={f"v{number}": LINEAR for number in range(11)}),
            "variants",
            ("11 variants", "up to 10"),
        ),
        (
            settings(SERVERLESS, model=None, variants={"a": LINEAR, "b": LINEAR}),
            "variants",
            ("serverless endpoints have one variant",),
        ),
        (
            settings(SERVERLESS, model=None, variants={"a": {**LINEAR, "initial_instance_count": 2}}),
            "variants.a.initial_instance_count",
            ("no instances",),
        ),
        (settings(CPU, model=None, variants={"A_b": LINEAR}), "variants.A_b", ("lower-case",)),
        (
            settings(CPU, model=None, variants={"a": {**LINEAR, "initial_variant_weight": 0}}),
            "variants",
            ("every initial_variant_weight is 0",),
        ),
        (
            settings(
                {**CPU, "instance_type": "ml.c7i.xlarge"}, shadow={**LINEAR, "instance_type": "ml.inf2.xlarge"}
            ),
            "shadow.container",
            ("ml.inf2.xlarge",),
        ),
        (settings(ASYNC, shadow=LINEAR), "shadow", ("async endpoints have no shadow", "real-time")),
        (settings(SERVERLESS, shadow=LINEAR), "shadow", ("serverless endpoints have no shadow",)),
        (
            settings(CPU, model=None, variants={"a": LINEAR, "b": LINEAR}, shadow=LINEAR),
            "shadow",
            ("stands beside several variants",),
        ),
        (
            settings(CPU, shadow={**LINEAR, "sampling_percentage": 101}),
            "shadow.sampling_percentage",
            ("1 to 100",),
        ),
        (settings(CPU, shadow={}), "shadow.model", ("is missing",)),
        (settings(SERVERLESS, **rollout("all-at-once")), "rollout", ("serverless", "remove it")),
        (settings(CPU, **rollout("canary")), "rollout.type", ("there may be 1", "at least 2 instances")),
        (
            settings(scaled({**CPU, "initial_instance_count": 4}), **rollout("linear")),
            "rollout.type",
            ("there may be 1", "min_capacity"),
        ),
        (settings(scaled(ASYNC), **rollout("canary")), "rollout.type", ("there may be 0",)),
        (
            settings(
                {**CPU, "initial_instance_count": 4},
                **rollout("canary", canary_size={"type": "CAPACITY_PERCENT", "value": 60}),
            ),
            "rollout.canary_size.value",
            ("60 is not allowed", "1 to 50 percent"),
        ),
        (
            settings(
                {**CPU, "initial_instance_count": 5},
                **rollout("canary", canary_size={"type": "INSTANCE_COUNT", "value": 3}),
            ),
            "rollout.canary_size.value",
            ("3 of 5 instances is more than half", "make it 2 or less"),
        ),
        (
            settings(
                {**CPU, "initial_instance_count": 4},
                **rollout("linear", linear_step_size={"type": "CAPACITY_PERCENT", "value": 5}),
            ),
            "rollout.linear_step_size.value",
            ("10 to 50 percent",),
        ),
        (
            settings(
                {**CPU, "initial_instance_count": 4},
                **rollout("rolling", maximum_batch_size={"type": "CAPACITY_PERCENT", "value": 4}),
            ),
            "rollout.maximum_batch_size.value",
            ("5 to 50 percent",),
        ),
        (
            settings(
                {**CPU, "initial_instance_count": 2},
                model=None,
                variants={"a": LINEAR, "b": LINEAR},
                **rollout("rolling"),
            ),
            "rollout.type",
            ("a rolling update takes one variant",),
        ),
        (
            settings(
                {**CPU, "initial_instance_count": 2},
                **rollout("linear", maximum_execution_timeout_in_seconds=1200),
            ),
            "rollout.maximum_execution_timeout_in_seconds",
            ("1200 is not longer than the waits together, 1200",),
        ),
        (
            settings(
                {**CPU, "initial_instance_count": 4},
                **rollout("rolling", rollback_maximum_batch_size={"type": "CAPACITY_PERCENT", "value": 101}),
            ),
            "rollout.rollback_maximum_batch_size.value",
            ("101 is not allowed", "1 to 100 percent"),
        ),
        *(
            (
                settings(CPU, **rollout("all-at-once", alarms={"alarm_names": ["errors", name]})),
                "rollout.alarms.alarm_names",
                (f"{name!r} is no alarm's name here", "without *, ? and $"),
            )
            for name in ("*", "error?", "${aws:username}")
        ),
        (
            settings(CPU, **rollout("all-at-once", alarms={"alarm_names": ["errors", "errors"]})),
            "rollout.alarms.alarm_names",
            ("names 'errors' twice",),
        ),
        (
            settings(CPU, **rollout("all-at-once", alarms={"alarm_names": [f"a{n}" for n in range(8)]})),
            "rollout.alarms",
            ("11 alarms", "up to 10"),
        ),
        (
            settings(CPU, model=None, variants=dict.fromkeys("abcd", LINEAR)),
            "rollout.alarms",
            ("12 alarms", "3 for each of 4 variants"),
        ),
        (
            settings(
                TWO_ASYNC, model=None, variants=dict.fromkeys("abcdef", LINEAR), **rollout("canary", alarms={})
            ),
            "rollout.alarms",
            ("12 alarms", "2 for each of 6 variants"),
        ),
        (
            settings(CPU, **rollout("blue")),
            "rollout.type",
            ("allowed: all-at-once, canary, linear, rolling",),
        ),
        (settings(CPU, **rollout("canary", step=1)), "rollout.step", ("unknown key", "canary_size")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_aws_refuses_is_named_with_the_mend(
    messages: Messages, document: dict[str, Any], key: str, fragments: tuple[str, ...]
) -> None:
    found = [message for message in messages(document) if message.startswith(f"{KEY}.{key}: ")]
    assert len(found) == 1, messages(document)
    assert all(fragment in found[0] for fragment in fragments), found


def test_a_mistake_inside_a_variant_stands_alone(messages: Messages) -> None:
    document = settings(CPU, model=None, variants={"a": {**LINEAR, "initial_variant_weight": -1}, "b": LINEAR})
    (message,) = messages(document)
    assert message.startswith(f"{KEY}.variants.a.initial_variant_weight: -1 is not allowed")


def test_a_model_beside_wrong_variants_is_a_mistake_as_well(messages: Messages) -> None:
    found = messages(settings(CPU, variants={"a": {"modell": "linear"}}))
    assert any(message.startswith(f"{KEY}.model: stands beside variants") for message in found), found


@pytest.mark.parametrize("name", ["linear-real-time", "linear-async-b"])
def test_a_name_that_another_endpoints_callers_could_call_is_refused(messages: Messages, name: str) -> None:
    document = settings(SERVERLESS)
    document["endpoints"][name] = document["endpoints"]["linear"]
    (message,) = messages(document)
    assert message.startswith(f"dev.yaml: endpoints.{name}: starts with linear-")
    assert "choose another name" in message


def test_a_name_with_the_instance_type_in_it_is_measured(messages: Messages) -> None:
    document = settings(scaled(CPU))
    document["endpoints"] = {"e" * 36: document["endpoints"]["linear"]}
    (message,) = messages(document)
    assert "-real-time-c7i-large has 68 characters, AWS allows 63" in message


def test_an_endpoint_with_several_instance_types_has_a_short_name_that_changes_with_each() -> None:
    one = endpoint_mode("real-time", {"a": "ml.c7i.large", "b": "ml.g5.xlarge"}, is_autoscaled=True)
    other = endpoint_mode("real-time", {"a": "ml.g5.xlarge", "b": "ml.c7i.large"}, is_autoscaled=True)
    assert one != other
    assert len(one) == len("real-time-12345678")


@pytest.mark.parametrize("is_autoscaled", [True, False])
def test_the_name_changes_with_the_names_of_the_variants_and_not_with_their_order(*, is_autoscaled: bool) -> None:
    def mode(*names: str) -> str:
        return endpoint_mode("real-time", dict.fromkeys(names, "ml.c7i.large"), is_autoscaled=is_autoscaled)

    assert mode("a", "b") == mode("b", "a")
    sets = [("AllTraffic",), ("a",), ("a", "b"), ("a", "b", "c"), ("a-b",), ("a", "b-c"), ("a-b", "c")]
    assert len({mode(*names) for names in sets}) == len(sets)
    assert {len(mode(*names)) for names in sets[1:]} == {len("real-time-12345678")}


def test_without_autoscaling_instance_types_are_not_in_the_name() -> None:
    types = ("ml.c7i.large", "ml.g5.xlarge")
    assert {endpoint_mode("async", {"AllTraffic": one}, is_autoscaled=False) for one in types} == {"async"}
    assert len({endpoint_mode("async", {"a": one}, is_autoscaled=False) for one in types}) == 1


def test_a_name_with_a_digest_in_it_is_measured(messages: Messages) -> None:
    document = settings(CPU, model=None, variants={"a": LINEAR, "b": LINEAR})
    document["endpoints"] = {"e" * 36: document["endpoints"]["linear"]}
    (message,) = messages(document)
    assert "-real-time-c8687a08 has 67 characters, AWS allows 63" in message
