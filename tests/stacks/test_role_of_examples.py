"""The roles of the examples: exactly the statements that were reviewed, each explained and needed, none wider."""

import asyncio
import importlib
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from stacks.role_statements import OWN_STATEMENTS, UNBOUND_STATEMENTS
from stacks.settings import load_environment

from .examples import (
    EXAMPLES,
    NAMES,
    STATEMENTS,
    Statement,
    record_statements,
    recorded_statements,
    role_statements,
    values,
)

ACCOUNT, REGION = "000000000000", "us-east-1"
ROLE = "runs-the-model"

Templates = dict[str, Any]


class Body(io.BytesIO):
    """The body of an answer, as botocore reads one."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


class LocalIam:
    """IAM of the local AWS, with one role whose only policy changes."""

    def __init__(self, client: Any) -> None:
        self._client = client
        trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}}]}
        made = client.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(trust))
        self._arn = made["Role"]["Arn"]

    def allow(self, statements: list[Statement]) -> None:
        document = {"Version": "2012-10-17", "Statement": statements}
        self._client.put_role_policy(RoleName=ROLE, PolicyName="only", PolicyDocument=json.dumps(document))

    def decisions(self, action: str, resources: list[str], context: Mapping[str, list[str]]) -> set[str]:
        answer = self._client.simulate_principal_policy(
            PolicySourceArn=self._arn,
            ActionNames=[action],
            ResourceArns=resources,
            ContextEntries=[
                {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]}
                for key, (value, *_) in context.items()
            ],
        )
        assert len(answer["EvaluationResults"]) == len(resources)
        return {result["EvalDecision"] for result in answer["EvaluationResults"]}


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalIam]:
    """The local AWS's IAM behind boto3, in this process."""
    seam = importlib.import_module("local_aws.ministack_seam")
    service = importlib.import_module("ministack.services.iam")
    evaluator = importlib.import_module("ministack.core.iam_evaluator")
    for name in ("_roles", "_role_inline_policies"):
        if hasattr(service, name):
            monkeypatch.setattr(service, name, type(getattr(service, name))())
    monkeypatch.setattr(service, "_IAM_HANDLERS", dict(service._IAM_HANDLERS))
    for module, name in ((service, "_build_simulate_results_real"), (evaluator, "_resolve_condition_key")):
        monkeypatch.setattr(module, name, getattr(module, name))
    seam.simulate_with_context()

    def answer(request: Any, **_: Any) -> AWSResponse:
        body = request.body if isinstance(request.body, bytes) else request.body.encode()
        headers = {key.lower(): str(value) for key, value in request.headers.items()}
        status, answered, content = asyncio.run(service.handle_request("POST", "/", headers, body, {}))
        return AWSResponse(request.url, status, answered, Body(content))  # type: ignore[no-untyped-call]

    client = boto3.client("iam", region_name=REGION, aws_access_key_id=ACCOUNT, aws_secret_access_key="local")
    client.meta.events.register("before-send.iam", answer)
    with seam.request_scope(ACCOUNT, REGION):
        yield LocalIam(client)


@pytest.fixture(scope="module")
def templates(synthesize: Callable[..., Any]) -> Callable[[str], Templates]:
    """The templates of an example's endpoints, by their names."""

    def of(example: str) -> Templates:
        assembly = synthesize(example, (EXAMPLES / f"{example}.yaml").read_text())
        return {name: assembly.endpoint(name) for name in assembly.settings.endpoints}

    return of


def somewhere(resource: str) -> str:
    """One resource that a pattern covers."""
    return resource.replace("*", "one-of-them")


def conditions(statement: Statement) -> dict[str, list[str]]:
    """What a request has to bring to meet the statement's conditions: the first value of each key."""
    found = {key: values(value) for keys in statement.get("Condition", {}).values() for key, value in keys.items()}
    return {key: [somewhere(value[0])] for key, value in found.items()}


@pytest.mark.parametrize("example", NAMES)
def test_the_statements_are_those_that_were_reviewed(templates: Callable[[str], Templates], example: str) -> None:
    statements = {name: role_statements(template) for name, template in templates(example).items()}
    if os.environ.get("RECORD_STATEMENTS"):
        record_statements(example, statements)
    assert statements == recorded_statements().get(example), (
        f"review what changed; RECORD_STATEMENTS=1 writes it into {STATEMENTS.name}"
    )


def test_no_example_is_recorded_that_is_not_there() -> None:
    assert sorted(recorded_statements()) == NAMES


@pytest.mark.parametrize("example", NAMES)
def test_every_action_is_explained_by_a_feature_and_only_the_listed_statements_are_on_any_resource(
    templates: Callable[[str], Templates], example: str
) -> None:
    settings = load_environment(example, EXAMPLES)
    for name, template in templates(example).items():
        additional = {one.sid: one for one in settings.endpoints[name].additional_statements}
        for statement in role_statements(template):
            sid = statement["Sid"]
            explained = additional[sid].actions if sid in additional else OWN_STATEMENTS[sid].actions
            assert set(values(statement["Action"])) == set(explained), sid
            assert "*" not in values(statement["Resource"]) or sid in UNBOUND_STATEMENTS, sid
        for role in template.of_type("AWS::IAM::Role").values():
            assert "ManagedPolicyArns" not in role["Properties"]
            assert "Policies" not in role["Properties"]
        assert len(template.of_type("AWS::IAM::Policy")) == 1


@pytest.mark.parametrize("example", NAMES)
def test_with_each_statement_its_step_is_allowed_and_without_it_denied(
    templates: Callable[[str], Templates], iam: LocalIam, example: str
) -> None:
    for template in templates(example).values():
        statements = role_statements(template)
        for statement in statements:
            others = [other for other in statements if other["Sid"] != statement["Sid"]]
            resources = [somewhere(resource) for resource in values(statement["Resource"])]
            for action in values(statement["Action"]):
                step = f"{statement['Sid']}: {action} on {', '.join(resources)}"
                iam.allow(statements)
                assert iam.decisions(action, resources, conditions(statement)) == {"allowed"}, step
                iam.allow(others)
                assert iam.decisions(action, resources, conditions(statement)) == {"implicitDeny"}, step


@pytest.mark.parametrize("example", NAMES)
def test_no_statement_reaches_another_environment_or_goes_without_its_condition(
    templates: Callable[[str], Templates], iam: LocalIam, example: str
) -> None:
    for template in templates(example).values():
        statements = role_statements(template)
        iam.allow(statements)
        for statement in statements:
            action = values(statement["Action"])[0]
            for resource in values(statement["Resource"]):
                if resource != "*":
                    elsewhere = f"{somewhere(resource)}".replace("slipway-", "other-").replace(ACCOUNT, "9" * 12)
                    denied = iam.decisions(action, [elsewhere], conditions(statement))
                    is_ours = elsewhere != somewhere(resource)
                    assert denied == ({"implicitDeny"} if is_ours else {"allowed"}), (statement["Sid"], elsewhere)
            if "Condition" in statement:
                resource = somewhere(values(statement["Resource"])[0])
                other = {key: ["another"] for key in conditions(statement)}
                assert iam.decisions(action, [resource], other) == {"implicitDeny"}, statement["Sid"]
