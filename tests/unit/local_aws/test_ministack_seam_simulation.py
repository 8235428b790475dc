"""`simulate_with_context`: SimulatePrincipalPolicy with the context, and for all resources that a caller names."""

from __future__ import annotations

import asyncio
import importlib
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

ACCOUNT, REGION = "123456789012", "eu-central-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/runs-the-model"
BUCKET = "arn:aws:s3:::models"


class Simulator:
    """Asks what a role may do, as botocore writes the request."""

    def __init__(self, service: Any) -> None:
        self._service = service

    def __call__(self, *resources: str, action: str = "s3:ListBucket", **context: list[str]) -> list[str]:
        parameters = {"Action": "SimulatePrincipalPolicy", "PolicySourceArn": ROLE, "ActionNames.member.1": action}
        for number, resource in enumerate(resources, start=1):
            parameters[f"ResourceArns.member.{number}"] = resource
        for number, (key, values) in enumerate(context.items(), start=1):
            entry = f"ContextEntries.member.{number}"
            parameters[f"{entry}.ContextKeyName"] = key.replace("_", ":")
            for index, value in enumerate(values, start=1):
                parameters[f"{entry}.ContextKeyValues.member.{index}"] = value
        body = urlencode(parameters).encode()
        status, _, content = asyncio.run(self._service.handle_request("POST", "/", {}, body, {}))
        assert status == 200
        return re.findall(r"<EvalDecision>(\w+)</EvalDecision>", content.decode())


@pytest.fixture
def simulate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """A role that lists a bucket, under one prefix."""
    seam = importlib.import_module("local_aws.ministack_seam")
    service = importlib.import_module("ministack.services.iam")
    evaluator = importlib.import_module("ministack.core.iam_evaluator")
    monkeypatch.setattr(service, "_IAM_HANDLERS", dict(service._IAM_HANDLERS))
    for module, name in ((service, "_build_simulate_results_real"), (evaluator, "_resolve_condition_key")):
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(service, "_roles", type(service._roles)())
    seam.simulate_with_context()
    allow = {
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": BUCKET,
        "Condition": {"StringLike": {"s3:prefix": "models/*"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    with seam.request_scope(ACCOUNT, REGION):
        service._roles["runs-the-model"] = {
            "RoleName": "runs-the-model",
            "Arn": ROLE,
            "AttachedPolicies": [],
            "InlinePolicies": {"only": document},
        }
        yield Simulator(service)


def test_a_condition_is_judged_by_the_context(simulate: Simulator) -> None:
    assert simulate(BUCKET, s3_prefix=["models/linear/"]) == ["allowed"]
    assert simulate(BUCKET, s3_prefix=["captures/"]) == ["implicitDeny"]
    assert simulate(BUCKET) == ["implicitDeny"]


def test_the_context_of_one_request_is_not_the_nexts(simulate: Simulator) -> None:
    assert simulate(BUCKET, s3_prefix=["models/linear/"]) == ["allowed"]
    assert simulate(BUCKET) == ["implicitDeny"]


def test_each_resource_has_a_decision_of_its_own(simulate: Simulator) -> None:
    found = simulate("arn:aws:s3:::others", BUCKET, s3_prefix=["models/"])
    assert found == ["implicitDeny", "allowed"]


def test_keys_are_the_same_in_any_case(simulate: Simulator) -> None:
    assert simulate(BUCKET, S3_Prefix=["models/linear/"]) == ["allowed"]
