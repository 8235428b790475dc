"""The examples of environments/examples/, deployed together: each answers, is updated and leaves nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.checkout import ROOT
from slipway.endpoint_status import endpoint_status
from slipway.invocation import DeployedEndpoint, Request
from slipway.sending import send
from stacks.settings import EnvironmentSettings, load_environment

from .conftest import Machine, Project
from .example_environment import ELSEWHERE, EXAMPLES, settings_of_all
from .left_behind import resource_names

pytestmark = pytest.mark.timeout(900)  # many endpoints
ROW = json.dumps([[1.0] * 10])
ANSWER_SECONDS = 120.0
PREDICTION = "return model(features.to(DEVICE))"
AT_ONCE = ("--concurrency", "8")
ALONE = "watched"
Answers = dict[tuple[str, str | None], list[list[float]]]


@pytest.fixture(scope="module")
def undeployed(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with the endpoints of all examples, of which nothing is deployed yet."""
    made = Project(machine, tmp_path_factory.mktemp("shown"), "shown")
    shutil.copytree(ROOT / "model_code" / "linear", made.model)
    made.write(**settings_of_all(made.model))
    yield made
    made.remove(*load_environment("local", made.environments).endpoints, "github", "artifacts")


@pytest.fixture(scope="module")
def stacks_with_one(undeployed: Project) -> list[str]:
    """The stacks that are there once that of one endpoint has been deployed alone."""
    undeployed.cdk("deploy", undeployed.stack(ALONE), "--require-approval", "never")
    pages = undeployed.machine.client("cloudformation").get_paginator("describe_stacks").paginate()
    names = [stack["StackName"] for page in pages for stack in page["Stacks"]]
    return [name for name in names if name.startswith(undeployed.stack(""))]


@pytest.fixture(scope="module")
def project(undeployed: Project, stacks_with_one: list[str]) -> Project:
    """The project with all of them deployed, the others at once."""
    assert stacks_with_one
    undeployed.cdk("deploy", "--all", "--require-approval", "never", *AT_ONCE)
    return undeployed


@pytest.fixture(scope="module")
def settings(project: Project) -> EnvironmentSettings:
    return load_environment("local", project.environments)


def answers(project: Project, settings: EnvironmentSettings) -> Answers:
    """What every endpoint answers, each of several variants by itself."""
    found: Answers = {}
    for name, endpoint in settings.endpoints.items():
        variants = [variant.name for variant in endpoint.production_variants]
        deployed = DeployedEndpoint(project.machine.client, settings, name)
        for variant in variants if len(variants) > 1 else [None]:
            request = Request(ROW.encode(), "application/json", "application/json", variant)
            response = send(deployed, request, timeout=ANSWER_SECONDS)
            assert variant in (None, response.variant)
            found[name, variant] = json.loads(response.body)
    return found


def test_every_other_example_has_a_test_of_its_own() -> None:
    for example, test in ELSEWHERE.items():
        assert (EXAMPLES / f"{example}.yaml").is_file()
        assert (Path(__file__).parent / test).is_file()


def test_one_is_deployed_alone(undeployed: Project, stacks_with_one: list[str]) -> None:
    assert sorted(stacks_with_one) == sorted(map(undeployed.stack, (ALONE, "artifacts")))


def test_each_answers(project: Project, settings: EnvironmentSettings) -> None:
    found = answers(project, settings)
    assert {name for name, _ in found} == set(settings.endpoints)
    for answer in found.values():
        assert sum(answer[0]) == pytest.approx(1)


def test_the_command_line_asks_one_of_several_variants(project: Project) -> None:
    asked = project.slipway("invoke", "compared", "--variant", "challenger", "--data", ROW, "--json")
    assert json.loads(asked.stdout)["variant"] == "challenger"


def test_the_command_line_waits_for_the_answer_of_a_queue(project: Project) -> None:
    asked = project.slipway("invoke", "queued", "--data", ROW)
    assert sum(json.loads(asked.stdout)[0]) == pytest.approx(1)


def test_the_candidate_stands_beside_what_answers(project: Project, settings: EnvironmentSettings) -> None:
    status = endpoint_status(project.machine.client, settings, "shadowed")
    assert [variant.shadow for variant in status.variants] == [False, True]


def test_github_has_a_role_and_a_provider(project: Project, settings: EnvironmentSettings) -> None:
    cloudformation, iam = project.machine.client("cloudformation"), project.machine.client("iam")
    (stack,) = cloudformation.describe_stacks(StackName=settings.names.github_stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    role = iam.get_role(RoleName=outputs["DeployRoleArn"].rpartition("/")[2])["Role"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Federated": outputs["ProviderArn"]}
    provider = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=outputs["ProviderArn"])
    assert provider["ClientIDList"] == ["sts.amazonaws.com"]


def test_each_is_updated(project: Project, settings: EnvironmentSettings) -> None:
    before = answers(project, settings)
    handler = project.model / "inference.py"
    assert PREDICTION in handler.read_text()
    handler.write_text(handler.read_text().replace(PREDICTION, f"{PREDICTION} * 2"))

    project.cdk("deploy", "--all", "--require-approval", "never", *AT_ONCE)

    after = answers(project, settings)
    assert {key: sum(answer[0]) for key, answer in after.items()} == pytest.approx(
        {key: 2 * sum(answer[0]) for key, answer in before.items()}
    )
    for name in settings.endpoints:
        assert endpoint_status(project.machine.client, settings, name).is_as_deployed


def test_one_is_destroyed_alone_and_all_together_leave_nothing_but_keys_that_wait_for_their_deletion(
    project: Project, settings: EnvironmentSettings
) -> None:
    stacks = [settings.names.artifact_stack, *map(settings.names.endpoint_stack, settings.endpoints)]
    cloudformation, kms = project.machine.client("cloudformation"), project.machine.client("kms")
    resources = [
        resource
        for stack in stacks
        for resource in cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    ]
    keys = [one["PhysicalResourceId"] for one in resources if one["ResourceType"] == "AWS::KMS::Key"]
    assert keys

    project.cdk("destroy", settings.names.endpoint_stack(ALONE), "--force")

    left = {one["name"] for one in project.machine.status()["endpoints"]}
    assert {settings.names.endpoint(name, one.mode) for name, one in settings.endpoints.items()} - left == {
        settings.names.endpoint(ALONE, settings.endpoints[ALONE].mode)
    }
    assert json.loads(project.slipway("invoke", "compared", "--data", ROW).stdout)

    project.cdk("destroy", "--all", "--force", *AT_ONCE)

    assert [name for name in resource_names(project.machine.client) if "shown" in name.lower()] == []
    assert {kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] for key in keys} == {"PendingDeletion"}
    assert [one for one in project.machine.status()["endpoints"] if "shown" in one["name"]] == []
    providers = project.machine.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert providers == []
