"""Service Quotas against what an environment's file asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slipway.doctor.finding import Finding
from slipway.doctor.quotas import quota_findings
from stacks.settings import EnvironmentSettings

Write = Callable[..., EnvironmentSettings]

SERVERLESS = "Maximum total concurrency that can be allocated across all serverless endpoints"
G5 = "ml.g5.xlarge for endpoint usage"
TWO = """
  big:
    model: linear
    hosting: {type: real-time, instance_type: ml.g5.xlarge, initial_instance_count: 2}
"""


def answer(aws: Any, *pages: dict[str, float], adjustable: bool = True) -> None:
    """Let ListServiceQuotas answer in pages, each with the values by the quotas' names."""
    for number, page in enumerate(pages):
        expected: dict[str, Any] = {"ServiceCode": "sagemaker", "MaxResults": 100}
        expected |= {"NextToken": f"page {number}"} if number else {}
        quotas = [
            {
                "ServiceCode": "sagemaker",
                "ServiceName": "Amazon SageMaker",
                "QuotaArn": f"arn:aws:servicequotas:us-east-1:111122223333:sagemaker/L-{index}",
                "QuotaCode": f"L-{number}{index}",
                "QuotaName": name,
                "Value": value,
                "Unit": "None",
                "Adjustable": adjustable,
                "GlobalQuota": False,
            }
            for index, (name, value) in enumerate(page.items())
        ]
        following = {"NextToken": f"page {number + 1}"} if number + 1 < len(pages) else {}
        aws.stub("service-quotas").add_response("list_service_quotas", {"Quotas": quotas, **following}, expected)


def only(aws: Any, settings: EnvironmentSettings) -> Finding:
    (finding,) = quota_findings(aws, settings)
    return finding


def test_enough_for_an_update_is_fine(aws: Any, environment_file: Write) -> None:
    answer(aws, {G5: 4.0})
    found = only(aws, environment_file(TWO))
    assert (found.state, found.what) == ("ok", f"{G5}: 4, needed: 2")


def test_the_quota_is_found_on_a_later_page_and_no_page_is_read_in_vain(aws: Any, environment_file: Write) -> None:
    answer(aws, {"ml.g5.xlarge for training job usage": 0}, {G5: 9}, {"ml.p5.48xlarge for endpoint usage": 1})
    assert only(aws, environment_file(TWO)).state == "ok"
    assert len(aws.requests) == 2


def test_too_little_is_wrong_with_the_command_that_asks_for_more(aws: Any, environment_file: Write) -> None:
    answer(aws, {"another": 1, G5: 0.0})
    found = only(aws, environment_file(TWO, region="eu-central-1"))
    assert found.state == "wrong"
    assert "--quota-code L-01 --desired-value 4 --region eu-central-1" in found.mend


def test_enough_until_the_first_update_is_a_warning(aws: Any, environment_file: Write) -> None:
    answer(aws, {G5: 3.0})
    found = only(aws, environment_file(TWO))
    assert found.state == "warning"
    assert "4 while an update goes on" in found.what


def test_a_rolling_update_needs_no_second_set(aws: Any, environment_file: Write) -> None:
    answer(aws, {G5: 2.0})
    assert only(aws, environment_file(f"{TWO}    rollout: {{type: rolling}}\n")).state == "ok"


def test_endpoints_of_one_type_add_up_with_autoscaling_at_its_most(aws: Any, environment_file: Write) -> None:
    more = """
  more:
    model: linear
    hosting:
      type: real-time
      instance_type: ml.g5.xlarge
      autoscaling: {max_capacity: 5, target_value: 10}
    shadow: {model: linear, initial_instance_count: 3}
"""
    answer(aws, {G5: 1.0})
    assert only(aws, environment_file(TWO + more)).what == f"{G5}: 1, needed: 10"


def test_serverless_needs_its_concurrency(aws: Any, environment_file: Write) -> None:
    endpoints = "".join(
        f"  {name}: {{model: linear, hosting: {{type: serverless, max_concurrency: 6}}}}\n" for name in ("a", "b")
    )
    answer(aws, {SERVERLESS: 10.0})
    found = only(aws, environment_file(endpoints))
    assert (found.state, found.what) == ("wrong", f"{SERVERLESS}: 10, needed: 12")


def test_training_has_a_quota_of_its_own(aws: Any, environment_file: Write) -> None:
    training = "training: {instance_type: ml.g5.xlarge, instance_count: 2}\n"
    answer(aws, {G5: 9, "ml.g5.xlarge for training job usage": 1})
    found = {finding.what: finding.state for finding in quota_findings(aws, environment_file(TWO, more=training))}
    assert found["ml.g5.xlarge for training job usage: 1, needed: 2"] == "wrong"


def test_a_quota_that_cannot_be_raised_says_so(aws: Any, environment_file: Write) -> None:
    answer(aws, {G5: 0.0}, adjustable=False)
    assert "cannot be raised" in only(aws, environment_file(TWO)).mend


def test_a_type_without_a_quota_is_a_warning(aws: Any, environment_file: Write) -> None:
    answer(aws, {"another": 1})
    found = only(aws, environment_file(TWO))
    assert found.state == "warning"
    assert G5 in found.what


def test_quotas_that_one_may_not_read_are_a_warning(aws: Any, environment_file: Write) -> None:
    aws.stub("service-quotas").add_client_error("list_service_quotas", "AccessDeniedException", "not authorized")
    found = only(aws, environment_file(TWO))
    assert found.state == "warning"
    assert "servicequotas:ListServiceQuotas" in found.mend
