"""`slipway status`: whether the endpoint runs what was deployed, in words, in JSON and in the exit status."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from slipway.commands import status as status_module

NAME = "slipway-local-linear-serverless"
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
ARN = "arn:aws:sagemaker:us-east-1:000000000000:endpoint"


@pytest.fixture
def deployed(aws: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have the endpoint linear deployed with `config-2`; a test says what SageMaker describes."""

    def describe(name: str = NAME, *, is_gone: bool = False, **live: Any) -> None:
        monkeypatch.setattr(status_module, "connect", lambda settings: aws)
        aws.deployed(name)
        resource = {
            "StackName": "Slipway-local-linear",
            "LogicalResourceId": "EndpointConfig",
            "PhysicalResourceId": f"{ARN}-config/config-2",
            "ResourceType": "AWS::SageMaker::EndpointConfig",
            "LastUpdatedTimestamp": WHEN,
            "ResourceStatus": "UPDATE_COMPLETE",
        }
        stack = {"StackName": "Slipway-local-linear", "CreationTime": WHEN, "StackStatus": "UPDATE_COMPLETE"}
        cloudformation = aws.stub("cloudformation")
        cloudformation.add_response(
            "describe_stack_resource",
            {"StackResourceDetail": resource},
            {"StackName": "Slipway-local-linear", "LogicalResourceId": "EndpointConfig"},
        )
        cloudformation.add_response("describe_stacks", {"Stacks": [stack]})
        if is_gone:
            message = f'Could not find endpoint "{ARN}/{name}".'
            aws.stub("sagemaker").add_client_error("describe_endpoint", "ValidationException", message)
            return
        described = {
            "EndpointName": name,
            "EndpointArn": f"{ARN}/{name}",
            "EndpointConfigName": "Config-2",
            "EndpointStatus": "InService",
            "CreationTime": WHEN,
            "LastModifiedTime": WHEN,
            "ProductionVariants": [{"VariantName": "AllTraffic", "CurrentWeight": 1.0, "CurrentInstanceCount": 2}],
            **live,
        }
        aws.stub("sagemaker").add_response("describe_endpoint", described, {"EndpointName": name})

    return describe


def test_what_was_deployed_is_in_service(slipway: Callable[..., Any], deployed: Callable[..., None]) -> None:
    deployed()
    ran = slipway("status", "linear")
    assert (ran.status, ran.errors) == (0, "")
    assert f"{NAME}: in service, with what was deployed" in ran.text
    assert "live        Config-2" in ran.text  # an ARN has it in lower case
    assert "deployed    " not in ran.text
    assert "2 instances" in ran.text


def test_an_update_that_was_undone_is_said_and_ends_with_an_error(
    slipway: Callable[..., Any], deployed: Callable[..., None]
) -> None:
    deployed(EndpointConfigName="config-1", FailureReason="Alarm errors was in ALARM")
    ran = slipway("status", "linear")
    assert ran.status == 1
    assert "rolled back" in ran.text
    assert "live        config-1" in ran.text
    assert "deployed    config-2" in ran.text
    assert "reason      Alarm errors was in ALARM" in ran.text


@pytest.mark.parametrize(
    ("endpoint_status", "state"),
    [
        ("Updating", "updating"),
        ("RollingBack", "updating"),
        ("Creating", "updating"),
        ("Failed", "failed"),
        ("UpdateRollbackFailed", "failed"),
        ("Deleting", "deleting"),
    ],
)
def test_one_that_is_not_in_service_is_an_error(
    slipway: Callable[..., Any], deployed: Callable[..., None], endpoint_status: str, state: str
) -> None:
    deployed(EndpointStatus=endpoint_status)
    ran = slipway("status", "linear", "--json")
    assert ran.status == 1
    told = json.loads(ran.text)
    assert (told["state"], told["endpoint_status"], told["as_deployed"]) == (state, endpoint_status, False)


def test_an_update_that_goes_on_says_how_far_it_is(
    slipway: Callable[..., Any], deployed: Callable[..., None]
) -> None:
    pending = {
        "EndpointConfigName": "config-2",
        "ProductionVariants": [{"VariantName": "AllTraffic", "VariantStatus": [{"Status": "Baking"}]}],
    }
    deployed(EndpointStatus="Updating", EndpointConfigName="config-1", PendingDeploymentSummary=pending)
    assert "update      Baking, to config-2" in slipway("status", "linear").text


def test_json_has_the_variants_with_weights_and_capacity(
    slipway: Callable[..., Any], deployed: Callable[..., None]
) -> None:
    deployed(
        ProductionVariants=[
            {
                "VariantName": "a",
                "CurrentWeight": 9.0,
                "DesiredWeight": 5.0,
                "CurrentInstanceCount": 1,
                "DesiredInstanceCount": 3,
            },
            {
                "VariantName": "b",
                "CurrentServerlessConfig": {
                    "MemorySizeInMB": 2048,
                    "MaxConcurrency": 5,
                    "ProvisionedConcurrency": 2,
                },
            },
        ],
        ShadowProductionVariants=[{"VariantName": "Shadow", "CurrentWeight": 0.5, "CurrentInstanceCount": 1}],
    )
    ran = slipway("status", "linear", "--json")
    told = json.loads(ran.text)
    assert (ran.status, told["environment"], told["endpoint"], told["endpoint_name"]) == (
        0,
        "local",
        "linear",
        NAME,
    )
    first, second, shadow = told["variants"]
    assert (first["weight"], first["desired_weight"]) == (9, 5)
    assert (first["instances"], first["desired_instances"]) == (1, 3)
    assert (second["instances"], second["max_concurrency"], second["provisioned_concurrency"]) == (None, 5, 2)
    assert (shadow["name"], shadow["shadow"]) == ("Shadow", True)


def test_capacity_that_changes_is_shown_with_where_it_goes(
    slipway: Callable[..., Any], deployed: Callable[..., None]
) -> None:
    variant = {
        "VariantName": "a",
        "CurrentWeight": 1.0,
        "DesiredWeight": 1.0,
        "CurrentInstanceCount": 1,
        "DesiredInstanceCount": 3,
    }
    deployed(ProductionVariants=[variant])
    assert "1 instance (to 3)" in slipway("status", "linear").text


def test_settings_that_lead_to_another_endpoint_announce_the_replacement(
    slipway: Callable[..., Any], deployed: Callable[..., None]
) -> None:
    deployed("slipway-local-linear-real-time")
    ran = slipway("status", "linear")
    assert ran.status == 0
    assert f"the settings lead to {NAME}" in ran.text
    assert "deletes this endpoint" in ran.text


def test_one_that_was_deleted_by_other_means_is_told_with_what_to_do(
    slipway: Callable[..., Any], deployed: Callable[..., None]
) -> None:
    deployed(is_gone=True)
    error = slipway("status", "linear").error()
    assert "somebody deleted it by other means" in error
    assert "Destroy the stack" in error


def test_one_that_is_not_deployed_is_told(
    slipway: Callable[..., Any], aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_module, "connect", lambda settings: aws)
    aws.deployed(None)
    assert "'linear' is not deployed in environment local" in slipway("status", "linear").error()


def test_an_endpoint_that_the_settings_do_not_have_is_refused(slipway: Callable[..., Any]) -> None:
    assert "Did you mean linear?" in slipway("status", "linaer").error()
