"""`slipway explain` where there is no endpoint, or nobody tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .conftest import STACK, STACK_ID, RecordedAws, Refusal

Slipway = Callable[..., Any]


def nothing(recorded: RecordedAws) -> None:
    recorded.endpoint(None)
    recorded.answers["GetParameter"] = Refusal("ParameterNotFound")
    recorded.no_stack()
    recorded.no_log_group()


def test_one_that_was_never_deployed_is_told_with_the_command(slipway: Slipway, recorded: RecordedAws) -> None:
    nothing(recorded)
    ran = slipway("explain", "linear")
    assert (ran.status, ran.errors) == (1, "")
    assert ran.text.splitlines() == [
        f"cause    linear is not deployed in environment local: there is no stack {STACK} [not-deployed]",
        f"mend     Deploy it: slipway local run -- cdk deploy {STACK} -c env=local",
    ]


def test_a_stack_in_review_was_never_deployed(slipway: Slipway, recorded: RecordedAws) -> None:
    nothing(recorded)
    recorded.operation("REVIEW_IN_PROGRESS")
    review = recorded.answers["DescribeStackEvents"]["StackEvents"][:1]  # type: ignore[index]
    recorded.answers["DescribeStackEvents"] = {"StackEvents": review}
    recorded.resources()
    assert "[not-deployed]" in slipway("explain", "linear").text


def test_one_that_was_destroyed_is_told(slipway: Slipway, recorded: RecordedAws) -> None:
    nothing(recorded)
    recorded.operation("CREATE_COMPLETE", then=("DELETE_IN_PROGRESS", "DELETE_COMPLETE"))
    recorded.no_stack(deleted=STACK_ID)
    assert "linear was destroyed" in slipway("explain", "linear").text


def test_a_destroy_that_failed_is_told_with_what_is_left(slipway: Slipway, recorded: RecordedAws) -> None:
    nothing(recorded)
    recorded.operation("CREATE_COMPLETE", then=("DELETE_IN_PROGRESS", "DELETE_FAILED"))
    left = recorded.event("Callers", "DELETE_FAILED", "Cannot delete a policy attached to entities.")
    events = recorded.answers["DescribeStackEvents"]["StackEvents"]  # type: ignore[index]
    events.insert(1, left)
    recorded.resources()
    [finding] = json.loads(slipway("explain", "linear", "--json").text)["findings"]
    assert finding["cause"] == "deletion-failed"
    assert "could not delete Callers (AWS::SageMaker::Endpoint)" in finding["summary"]
    assert "attached to entities" in finding["evidence"][0]["text"]


def test_one_that_somebody_deleted_by_other_means_is_told(slipway: Slipway, recorded: RecordedAws) -> None:
    recorded.endpoint(None)
    ran = slipway("explain", "linear")
    assert "somebody deleted it by other means [deleted-by-other-means]" in ran.text
    assert f"cdk destroy {STACK}" in ran.text


def test_where_neither_service_tells_nothing_is_guessed(slipway: Slipway, recorded: RecordedAws) -> None:
    denied = Refusal("AccessDeniedException", "User may not")
    recorded.answers |= dict.fromkeys(
        ("DescribeEndpoint", "DescribeStackEvents", "DescribeStackResources"), denied
    )
    ran = slipway("explain", "linear", "--json")
    told = json.loads(ran.text)
    assert (ran.status, told["state"], told["findings"][0]["cause"]) == (1, "unknown", "not-known")
    assert [source["source"] for source in told["unread"]] == [
        "SageMaker, DescribeEndpoint",
        "CloudFormation, DescribeStackEvents",
        "CloudFormation, DescribeStackResources",
    ]


def test_credentials_that_may_read_nothing_are_an_error(slipway: Slipway, recorded: RecordedAws) -> None:
    expired = Refusal("ExpiredTokenException", "The security token included in the request is expired")
    recorded.answers = dict.fromkeys(recorded.answers, expired)
    error = slipway("explain", "linear").error()
    assert error.startswith("Nothing can be read of endpoint 'linear': ")
    assert "is expired" in error


def test_a_name_that_the_settings_do_not_have_is_refused(slipway: Slipway) -> None:
    assert "Did you mean linear?" in slipway("explain", "linaer").error()


def test_a_time_that_is_none_is_refused(slipway: Slipway) -> None:
    assert "--since 'soon' is no time" in slipway("explain", "linear", "--since", "soon").error()
