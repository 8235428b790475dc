"""Whose rights stacks act with, in ministack's CloudFormation and IAM, without a server."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from local_aws import ministack_seam as seam
from local_aws.stack_roles import StackRoles

ACCOUNT, REGION = "123456789012", "eu-central-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/makes-stacks"
CALLER = "AKIACALLER"
WAIT = 60  # seconds until a test that hangs fails


def ministack(name: str) -> Any:
    return importlib.import_module(f"ministack.services.{name}")


def statement(*actions: str, resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


PASS_ROLE = statement("iam:PassRole", resource=ROLE)
PARAMETERS = statement("ssm:PutParameter", "ssm:DeleteParameter")


class Account:
    """An account with a caller and a role for stacks."""

    def __init__(self) -> None:
        self.iam, self.stores = ministack("iam"), ministack("cloudformation")

    def caller_may(self, *statements: dict[str, Any]) -> None:
        self.iam._users["caller"] = {"Arn": f"arn:aws:iam::{ACCOUNT}:user/caller", "UserId": "AIDA"}
        self.iam._user_inline_policies["caller"] = {"own": json.dumps({"Statement": statements})}
        key = {"UserName": "caller", "Status": "Active", "SecretAccessKey": "s"}
        self.iam._access_keys[CALLER] = key

    def role_may(self, *statements: dict[str, Any], service: str = "cloudformation.amazonaws.com") -> None:
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        self.iam._roles["makes-stacks"] = {
            "Arn": ROLE,
            "RoleId": "AROA",
            "AssumeRolePolicyDocument": json.dumps({"Statement": [trust]}),
            "InlinePolicies": {"own": json.dumps({"Statement": statements})},
        }

    async def ask(self, action: str, **request: str) -> tuple[int, str]:
        """Ask CloudFormation, and wait until the operation is over."""
        body = urlencode({"Action": action, **request}).encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        status, _, answer = await self.stores.handle_request("POST", "/", headers, body, {})
        async with asyncio.timeout(WAIT):
            await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))
        return status, answer.decode()

    def do(self, action: str, **request: str) -> tuple[int, str]:
        return asyncio.run(self.ask(action, **request))

    def create(self, value: str = "1", **request: str) -> str:
        """Create a stack and return how it ended."""
        status, answer = self.do("CreateStack", StackName="a-stack", TemplateBody=template(value), **request)
        assert status == 200, answer
        return self.status

    @property
    def status(self) -> str:
        return str(self.stores._stacks["a-stack"]["StackStatus"])

    @property
    def reasons(self) -> str:
        events = self.stores._stack_events[self.stores._stacks["a-stack"]["StackId"]]
        return "\n".join(event["ResourceStatusReason"] for event in events)


def template(value: str = "1") -> str:
    properties = {"Name": "/a/name", "Type": "String", "Value": value}
    return json.dumps({"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": properties}}})


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    cloudformation, stacks = ministack("cloudformation"), ministack("cloudformation.stacks")
    monkeypatch.setattr(cloudformation, "_ACTION_HANDLERS", dict(cloudformation._ACTION_HANDLERS))
    for name in ("_provision_resource", "_update_resource", "_delete_resource"):
        monkeypatch.setattr(stacks, name, getattr(stacks, name))
    monkeypatch.setattr(ministack("sts"), "_sessions", {})
    for module, names in {
        "cloudformation": ("_stacks", "_stack_events", "_change_sets"),
        "iam": ("_roles", "_users", "_access_keys", "_user_inline_policies"),
        "ssm": ("_parameters",),
    }.items():
        for name in names:
            monkeypatch.setattr(ministack(module), name, type(getattr(ministack(module), name))())
    monkeypatch.setattr("local_aws.ministack_seam.caller", lambda: CALLER)
    with seam.request_scope(ACCOUNT, REGION):
        StackRoles().install()
        yield Account()


def test_a_role_has_to_be_passed_by_the_caller(account: Account) -> None:
    account.caller_may(PARAMETERS)
    account.role_may(PARAMETERS)

    status, answer = account.do("CreateStack", StackName="a-stack", TemplateBody=template(), RoleARN=ROLE)

    assert status == 403
    assert "<Code>AccessDenied</Code>" in answer
    assert f":user/caller is not authorized to perform: iam:PassRole on resource: {ROLE}" in answer
    assert not account.stores._stacks


@pytest.mark.parametrize("role", [ROLE, f"{ROLE}-that-is-not-there"])
def test_a_role_has_to_trust_cloudformation(account: Account, role: str) -> None:
    account.caller_may(statement("iam:PassRole"))
    account.role_may(PARAMETERS, service="sagemaker.amazonaws.com")

    status, answer = account.do("CreateStack", StackName="a-stack", TemplateBody=template(), RoleARN=role)

    assert status == 400
    assert f"<Message>Role {role} is invalid or cannot be assumed</Message>" in answer


def test_a_stack_does_what_its_role_may_and_not_what_the_caller_may(account: Account) -> None:
    account.caller_may(PASS_ROLE)
    account.role_may(PARAMETERS)

    assert account.create(RoleARN=ROLE) == "CREATE_COMPLETE"


def test_a_stack_whose_role_may_not_rolls_back(account: Account) -> None:
    account.caller_may(PASS_ROLE, PARAMETERS)
    account.role_may()

    assert account.create(RoleARN=ROLE) == "ROLLBACK_COMPLETE"
    assert (
        f'Resource handler returned message: "User: arn:aws:sts::{ACCOUNT}:assumed-role/makes-stacks/'
        "AWSCloudFormation is not authorized to perform: ssm:PutParameter on resource:"
        f" arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/a/name because no identity-based policy allows"
        ' the ssm:PutParameter action" (RequestToken: '
    ) in account.reasons


def test_a_stack_keeps_its_role(account: Account) -> None:
    account.caller_may(PASS_ROLE, PARAMETERS)
    account.role_may(PARAMETERS)
    account.create(RoleARN=ROLE)

    account.role_may()
    account.do("UpdateStack", StackName="a-stack", TemplateBody=template("2"))
    assert account.status == "UPDATE_ROLLBACK_COMPLETE"
    account.do("DeleteStack", StackName="a-stack")
    assert account.status == "DELETE_FAILED"

    account.role_may(PARAMETERS)
    account.do("DeleteStack", StackName="a-stack")
    assert account.status == "DELETE_COMPLETE"
    account.role_may()
    assert account.create() == "CREATE_COMPLETE"  # another stack of that name has no role yet


def test_a_stack_whose_role_is_gone_says_so(account: Account) -> None:
    account.caller_may(PASS_ROLE)
    account.role_may(PARAMETERS)
    account.create(RoleARN=ROLE)
    del account.iam._roles["makes-stacks"]

    status, answer = account.do("DeleteStack", StackName="a-stack")

    assert (status, account.status) == (400, "CREATE_COMPLETE")
    assert "is invalid or cannot be assumed" in answer


@pytest.mark.parametrize(("may", "ended"), [([PARAMETERS], "CREATE_COMPLETE"), ([], "ROLLBACK_COMPLETE")])
def test_a_change_sets_role_is_that_of_its_execution(account: Account, may: list[Any], ended: str) -> None:
    account.caller_may(PASS_ROLE)
    account.role_may(*may)
    names = {"StackName": "a-stack", "ChangeSetName": "first"}
    account.do("CreateChangeSet", TemplateBody=template(), ChangeSetType="CREATE", RoleARN=ROLE, **names)

    account.do("ExecuteChangeSet", **names)

    assert account.status == ended


@pytest.mark.parametrize(("may", "ended"), [([PARAMETERS], "CREATE_COMPLETE"), ([], "ROLLBACK_COMPLETE")])
def test_without_a_role_the_callers_rights_count(account: Account, may: list[Any], ended: str) -> None:
    account.caller_may(*may)

    assert account.create() == ended


def test_what_nobody_asked_for_is_finished(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local_aws.ministack_seam.caller", lambda: None)

    assert account.create() == "CREATE_COMPLETE"


Conditions = Callable[[dict[str, Any], str], bool]


@pytest.fixture
def holds(monkeypatch: pytest.MonkeyPatch) -> Conditions:
    """Evaluate a condition on the list parameter `P`."""
    engine = ministack("cloudformation.engine")
    for name in ("changesets", "engine", "handlers", "stacks"):
        module = ministack(f"cloudformation.{name}")
        monkeypatch.setattr(module, "_evaluate_conditions", module._evaluate_conditions)
    seam.join_in_conditions()

    def evaluate(condition: dict[str, Any], value: str) -> bool:
        params = {"P": {"Value": value, "Type": "CommaDelimitedList"}}
        return bool(engine._evaluate_conditions({"Conditions": {"C": condition}}, params)["C"])

    return evaluate


@pytest.mark.parametrize(("value", "expected"), [("", True), ("a,b", False)])
def test_conditions_join_a_list(holds: Conditions, value: str, expected: bool) -> None:
    assert holds({"Fn::Equals": ["", {"Fn::Join": ["", {"Ref": "P"}]}]}, value) is expected


def test_conditions_join_values(holds: Conditions) -> None:
    joined = {"Fn::Join": ["-", ["x", {"Ref": "P"}]]}

    assert holds({"Fn::Not": [{"Fn::Equals": ["x-y", joined]}]}, "z") is True
    assert holds({"Fn::Equals": ["x-z", joined]}, "z") is True
    with pytest.raises(ValueError, match="does not implement"):
        holds({"Fn::Equals": ["", {"Fn::Join": ["", {"Fn::Split": [",", "a"]}]}]}, "z")
