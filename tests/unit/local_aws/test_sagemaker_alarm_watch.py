"""The alarms that a deployment looks at."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.sagemaker.alarm_watch import AlarmWatch
from local_aws.sagemaker.container import ContainerError

ROLE = "arn:aws:iam::000000000000:role/execution"


class CloudWatch:
    """Two alarms that go off, one of them composite."""

    def describe_alarms(self, **request: Any) -> dict[str, Any]:
        assert request["StateValue"] == "ALARM"
        found = {"metric": "MetricAlarms", "composite": "CompositeAlarms"}
        return {
            member: [{"AlarmName": name}] if name in request["AlarmNames"] else []
            for name, member in found.items()
        }


class Iam:
    """A role that may read one alarm."""

    def simulate_principal_policy(self, **request: Any) -> dict[str, Any]:
        allowed = request["ResourceArns"] == ["arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors"]
        assert request["ActionNames"] == ["cloudwatch:DescribeAlarms"]
        return {"EvaluationResults": [{"EvalDecision": "allowed" if allowed else "implicitDeny"}]}


@pytest.fixture
def watch(fake_clients: Any) -> AlarmWatch:
    return AlarmWatch(fake_clients(cloudwatch=CloudWatch(), iam=Iam()))


@pytest.mark.parametrize(
    ("names", "gone_off"),
    [
        ([], []),
        (["quiet"], []),
        (["quiet", "metric"], ["metric"]),
        (["metric", "composite"], ["composite", "metric"]),
    ],
    ids=["none", "quiet", "one", "both"],
)
def test_those_in_alarm_are_told(watch: AlarmWatch, names: list[str], gone_off: list[str]) -> None:
    assert watch.in_alarm(names) == gone_off


def test_listeners_hear_of_a_change_until_they_leave(watch: AlarmWatch) -> None:
    heard: list[str] = []
    leave = watch.subscribe(lambda: heard.append("first"))
    watch.subscribe(lambda: heard.append("second"))
    watch.changed()
    leave()
    watch.changed()

    assert heard == ["first", "second", "second"]


def test_a_role_needs_every_alarm(watch: AlarmWatch) -> None:
    watch.check_access(ROLE, ["errors"])

    with pytest.raises(ContainerError, match='DescribeAlarms permission for the alarm "latency"') as caught:
        watch.check_access(ROLE, ["errors", "latency"])

    assert ROLE in str(caught.value)
