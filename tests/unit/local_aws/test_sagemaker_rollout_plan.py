"""The steps of a deployment, and what its config may not ask for."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.api_error import ApiError
from local_aws.sagemaker.guardrail_rules import refuse_deployment
from local_aws.sagemaker.rollout_plan import Plan, plan_of

Config = dict[str, Any]


def percent(value: int) -> Config:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def instances(value: int) -> Config:
    return {"Type": "INSTANCE_COUNT", "Value": value}


def blue_green(kind: str, wait: int = 60, **routing: Any) -> Config:
    policy = {"TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": wait, **routing}}
    return {"BlueGreenUpdatePolicy": policy}


def rolling(size: Config, **members: Any) -> Config:
    return {"RollingUpdatePolicy": {"MaximumBatchSize": size, "WaitIntervalInSeconds": 60, **members}}


def config(count: int = 2, *names: str, **shape: Any) -> Config:
    members = shape or {"InstanceType": "ml.m5.large", "InitialInstanceCount": count}
    return {"ProductionVariants": [{"VariantName": name, **members} for name in names or ("blue",)]}


@pytest.mark.parametrize(
    ("deployment", "shares"),
    [
        (blue_green("ALL_AT_ONCE"), (1.0,)),
        (blue_green("CANARY", CanarySize=percent(10)), (0.1, 1.0)),
        (blue_green("CANARY", CanarySize=instances(1)), (0.25, 1.0)),
        (blue_green("LINEAR", LinearStepSize=percent(25)), (0.25, 0.5, 0.75, 1.0)),
        (blue_green("LINEAR", LinearStepSize=percent(40)), (0.4, 0.8, 1.0)),
        (rolling(instances(2)), (0.5, 1.0)),
    ],
    ids=["all at once", "canary", "canary of instances", "linear", "linear with a rest", "rolling"],
)
def test_the_requests_move_in_the_stated_steps(deployment: Config, shares: tuple[float, ...]) -> None:
    plan = plan_of(deployment, 4)

    assert plan.shares == pytest.approx(shares)
    assert plan.bake == 60


def test_waits_limit_and_alarms_are_those_of_the_config() -> None:
    deployment = blue_green("ALL_AT_ONCE", wait=7)
    deployment["BlueGreenUpdatePolicy"] |= {
        "TerminationWaitInSeconds": 9,
        "MaximumExecutionTimeoutInSeconds": 600,
    }
    deployment["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": "errors"}, {"AlarmName": "latency"}]}

    assert plan_of(deployment, 1) == Plan((1.0,), 7, 9, 600, ("errors", "latency"))


def test_without_a_config_everything_moves_at_once() -> None:
    assert plan_of(None, 3) == Plan((1.0,), 0.0, 0.0, None, ())


class TestRefusals:
    @pytest.mark.parametrize(
        ("deployment", "named"),
        [
            (blue_green("CANARY"), "CanarySize is required"),
            (blue_green("LINEAR"), "LinearStepSize is required"),
            (blue_green("ALL_AT_ONCE", CanarySize=percent(10)), "CanarySize is for"),
            (blue_green("CANARY", CanarySize=percent(51)), "at most 50%"),
            (blue_green("CANARY", CanarySize=instances(2)), "at most 50%"),
            (blue_green("LINEAR", LinearStepSize=percent(9)), "10% to 50%"),
            (blue_green("LINEAR", LinearStepSize=percent(60)), "10% to 50%"),
            (rolling(percent(4)), "5% to 50%"),
            (rolling(percent(90)), "5% to 50%"),
            ({**blue_green("ALL_AT_ONCE"), **rolling(percent(50))}, "Only one update policy"),
            (
                rolling(percent(50), WaitIntervalInSeconds=300, MaximumExecutionTimeoutInSeconds=600),
                "must be larger than the waiting times together, 600",
            ),
        ],
        ids=lambda each: each if isinstance(each, str) else "",
    )
    def test_a_wrong_member_is_named(self, deployment: Config, named: str) -> None:
        with pytest.raises(ApiError, match=named) as caught:
            refuse_deployment(deployment, config(), config())

        assert caught.value.code == "ValidationException"

    def test_one_instance_has_no_canary(self) -> None:
        with pytest.raises(ApiError, match="1 instance"):
            refuse_deployment(blue_green("CANARY", CanarySize=instances(1)), None, config(1))

    def test_serverless_has_no_guardrails(self) -> None:
        serverless = config(ServerlessConfig={"MemorySizeInMB": 1024, "MaxConcurrency": 1})

        with pytest.raises(ApiError, match="not supported for serverless"):
            refuse_deployment(blue_green("ALL_AT_ONCE"), None, serverless)

    def test_rolling_is_for_one_variant(self) -> None:
        with pytest.raises(ApiError, match="several variants"):
            refuse_deployment(rolling(percent(50)), None, config(2, "blue", "green"))

    @pytest.mark.parametrize("names", [("green",), ("blue", "green")], ids=["another", "one more"])
    @pytest.mark.parametrize(
        "deployment",
        [blue_green("ALL_AT_ONCE"), blue_green("CANARY", CanarySize=percent(50))],
        ids=["all at once", "canary"],
    )
    def test_a_guarded_update_keeps_the_variants_names(self, deployment: Config, names: tuple[str, ...]) -> None:
        with pytest.raises(ApiError, match=f"blue became {', '.join(names)}"):
            refuse_deployment(deployment, config(2, "blue"), config(2, *names))
        refuse_deployment(None, config(2, "blue"), config(2, *names))

    @pytest.mark.parametrize(
        "deployment",
        [
            None,
            {},
            {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}},
            blue_green("CANARY", CanarySize=percent(50)),
            blue_green("CANARY", CanarySize=instances(1)),
            blue_green("LINEAR", LinearStepSize=percent(10)),
            rolling(percent(50), MaximumExecutionTimeoutInSeconds=600),
        ],
        ids=["none", "empty", "alarms", "canary", "an instance", "linear", "rolling"],
    )
    def test_anything_else_passes(self, deployment: Config | None) -> None:
        refuse_deployment(deployment, config(), config())
