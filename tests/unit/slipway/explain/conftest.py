"""An AWS whose answers a test records, by operation; each is checked against the API model."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.validate import validate_parameters

from slipway.commands import explain as command

NAME = "slipway-local-linear-serverless"
STACK = "Slipway-local-linear"
STACK_ID = f"arn:aws:cloudformation:us-east-1:000000000000:stack/{STACK}/1"
GROUP = f"/aws/sagemaker/Endpoints/{NAME}"
ARN = f"arn:aws:sagemaker:us-east-1:000000000000:endpoint/{NAME}"
NOW = datetime.now(UTC)
BEGAN = NOW - timedelta(minutes=20)
STREAM = "AllTraffic/i-0a"


class Refusal(Exception):  # noqa: N818 - an answer
    """An error that AWS answers."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code, message)
        self.error = {"Error": {"Code": code, "Message": message}}


@functools.cache
def client_of(service: str) -> Any:
    """A client, which takes too long to make for every test."""
    return boto3.client(
        service, region_name="us-east-1", aws_access_key_id="0" * 12, aws_secret_access_key="local"
    )


Answer = dict[str, Any] | Refusal | Callable[[dict[str, Any]], dict[str, Any]]


class RecordedAws:
    """boto3 clients that answer from a record.

    In the beginning there is a healthy endpoint, which nobody calls.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {
            "GetParameter": {"Parameter": {"Value": NAME}},
            "ListStacks": {"StackSummaries": []},
            "FilterLogEvents": {"events": []},
            "GetLogEvents": {"events": []},
            "DescribeLogStreams": {"logStreams": [{"logStreamName": STREAM}]},
            "GetMetricData": {"MetricDataResults": []},
            "DescribeAlarms": {},
            "DescribeAlarmHistory": {"AlarmHistoryItems": []},
        }
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self._services: set[str] = set()
        self.endpoint()
        self.operation("CREATE_COMPLETE")
        self.resources(("AWS::SageMaker::EndpointConfig", "arn:aws:sagemaker:::endpoint-config/config-1"))

    def __call__(self, service: str) -> Any:
        client = client_of(service)
        if service not in self._services:
            self._services.add(service)
            client.meta.events.register("before-parameter-build", self._keep)
            client.meta.events.register("before-call", self._answer)
        return client

    def disconnect(self) -> None:
        """Leave the clients to another record."""
        for service in self._services:
            client_of(service).meta.events.unregister("before-parameter-build", self._keep)
            client_of(service).meta.events.unregister("before-call", self._answer)

    def _keep(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.requests.append((model.name, dict(params)))

    def _answer(self, model: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        answer = self.answers[model.name]
        if callable(answer):
            asked = next(params for name, params in reversed(self.requests) if name == model.name)
            answer = answer(asked)
        if isinstance(answer, Refusal):
            return AWSResponse("", 400, {}, None), {**answer.error, "ResponseMetadata": {}}
        validate_parameters(answer, model.output_shape)
        return AWSResponse("", 200, {}, None), {**answer, "ResponseMetadata": {}}

    def endpoint(self, status: str | None = "InService", config: str = "Config-1", **members: Any) -> None:
        """Let there be an endpoint, or none."""
        if status is None:
            self.answers["DescribeEndpoint"] = Refusal("ValidationException", f'Could not find endpoint "{ARN}".')
            return
        self.answers["DescribeEndpoint"] = {
            "EndpointName": NAME,
            "EndpointArn": ARN,
            "EndpointConfigName": config,
            "EndpointStatus": status,
            "CreationTime": BEGAN,
            "LastModifiedTime": BEGAN,
            "ProductionVariants": [{"VariantName": "AllTraffic"}],
            **members,
        }

    def operation(self, status: str, *failures: tuple[str, str], then: tuple[str, ...] = ()) -> None:
        """Let an operation on the stack have ended so.

        Parameters
        ----------
        failures
            Logical ids and reasons, the first failure first.
        then
            Later statuses of the stack.
        """
        began = "UPDATE_IN_PROGRESS" if status.startswith("UPDATE") else "CREATE_IN_PROGRESS"
        verb = began.partition("_")[0]
        events = [
            self.event(STACK, began),
            *(self.event(logical_id, f"{verb}_FAILED", reason) for logical_id, reason in failures),
            *(self.event(STACK, one) for one in (status, *then) if one != began),
        ]
        ordered = [{**event, "Timestamp": BEGAN + timedelta(seconds=n)} for n, event in enumerate(events)]
        self.answers["DescribeStackEvents"] = {"StackEvents": ordered[::-1]}

    def no_stack(self, deleted: str | None = None) -> None:
        """Let there be no stack, but maybe a deleted one, whose events are had by its id."""
        events = self.answers["DescribeStackEvents"]
        absent = Refusal("ValidationError", f"Stack [{STACK}] does not exist")
        self.answers["DescribeStackResources"] = absent
        self.answers["DescribeStackEvents"] = lambda asked: events if asked["StackName"] == deleted else absent
        if deleted:
            summary = {
                "StackName": STACK,
                "StackId": deleted,
                "CreationTime": BEGAN,
                "DeletionTime": NOW,
                "StackStatus": "DELETE_COMPLETE",
            }
            self.answers["ListStacks"] = {"StackSummaries": [summary]}

    def event(self, logical_id: str, status: str, reason: str | None = None) -> dict[str, Any]:
        """An event of the stack, or of a resource of it."""
        is_stack = logical_id == STACK
        return {
            "StackId": STACK_ID,
            "StackName": STACK,
            "EventId": "1",
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": STACK_ID if is_stack else "",
            "ResourceType": "AWS::CloudFormation::Stack" if is_stack else "AWS::SageMaker::Endpoint",
            "ResourceStatus": status,
            "Timestamp": BEGAN,
            **({"ResourceStatusReason": reason} if reason else {}),
        }

    def resources(self, *found: tuple[str, str]) -> None:
        """Let the stack have resources of these types and physical ids."""
        self.answers["DescribeStackResources"] = {
            "StackResources": [
                {
                    "LogicalResourceId": f"Resource{number}",
                    "PhysicalResourceId": physical_id,
                    "ResourceType": kind,
                    "Timestamp": BEGAN,
                    "ResourceStatus": "CREATE_COMPLETE",
                }
                for number, (kind, physical_id) in enumerate(found)
            ]
        }

    def wrote(self, *lines: str) -> None:
        """Let the newest stream end with lines."""
        when = int(BEGAN.timestamp() * 1000)
        self.answers["GetLogEvents"] = {"events": [{"timestamp": when, "message": line} for line in lines]}

    def recorded(self, *lines: str) -> None:
        """Let the log group have records of Slipway's servers, a second after each other."""
        when = int((NOW - timedelta(minutes=5)).timestamp() * 1000)
        found = [
            {"logStreamName": STREAM, "timestamp": when + 1000 * number, "message": line, "eventId": str(number)}
            for number, line in enumerate(lines)
        ]
        self.answers["FilterLogEvents"] = {"events": found}

    def no_log_group(self) -> None:
        """Let there be no log group."""
        absent = Refusal("ResourceNotFoundException", "The specified log group does not exist.")
        self.answers |= dict.fromkeys(("DescribeLogStreams", "FilterLogEvents", "GetLogEvents"), absent)

    def measured(self, **values: float) -> None:
        """Let CloudWatch have one value of each metric, by its name."""

        def answer(asked: dict[str, Any]) -> dict[str, Any]:
            results = []
            for query in asked["MetricDataQueries"]:
                value = values.get(query["MetricStat"]["Metric"]["MetricName"])
                results.append({"Id": query["Id"], "Values": [] if value is None else [value]})
            return {"MetricDataResults": results}

        self.answers["GetMetricData"] = answer


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordedAws]:
    """Have a healthy endpoint linear in the environment local."""
    aws = RecordedAws()
    monkeypatch.setattr(command, "connect", lambda settings: aws)
    yield aws
    aws.disconnect()
