"""`slipway verify-clean` finds and removes leftovers of every kind, and nothing of anybody else's."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stacks.names import Names

from .conftest import ACCOUNT, REGION, Machine, Project
from .left_behind import resource_names
from .planted import Planted, Planter

pytestmark = pytest.mark.timeout(900)  # it plants three times two dozen resources
FOREIGN = (("planted2", "local"), ("planted", "local2"))
LOG_GROUP = "AWS::Logs::LogGroup"
TICK = threading.Event()
FORMER = "Slipway: the endpoint former of planted-local"
FOREIGN_REPOSITORY = "shelved-local2"
FORMER_TAG, USED_TAG = "0" * 64, "1" * 64
KEPT_TAGS = {USED_TAG, "base-1.0"}
MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass
class Garden:
    """What was planted, what was there of others, and what verify-clean said first and last."""

    project: Project
    planted: Planted
    others: Planted
    foreign: list[str]
    seen: dict[str, Any]
    cleaned: dict[str, Any]
    after: list[str]


def verify(project: Project, *arguments: str) -> dict[str, Any]:
    done = project.slipway("verify-clean", "--json", *arguments, check=False)
    told: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if told["clean"] else 1), done.stderr
    return told


class Stacks:
    """Stacks of an environment that are made without the CDK."""

    def __init__(self, client: Any, names: Names) -> None:
        self._cloudformation = client("cloudformation")
        self._names = names

    def create(self, part: str, description: str, kind: str, **properties: Any) -> str:
        """Make a stack with one resource; return its status afterwards."""
        template = {"Description": description, "Resources": {"Only": {"Type": kind, "Properties": properties}}}
        self._cloudformation.create_stack(
            StackName=self._names.endpoint_stack(part), TemplateBody=json.dumps(template), OnFailure="ROLLBACK"
        )
        return self._settled(self._names.endpoint_stack(part))

    def delete(self, part: str) -> str:
        self._cloudformation.delete_stack(StackName=self._names.endpoint_stack(part))
        return self._settled(self._names.endpoint_stack(part))

    def _settled(self, name: str) -> str:
        for _ in range(1200):
            status = str(self._cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
            if not status.endswith("_IN_PROGRESS"):
                return status
            TICK.wait(0.1)
        pytest.fail(f"{name} is {status}")


def plant(client: Any) -> Planted:
    """Plant everything, and stacks: one that the app no longer defines, one that failed, one that cannot go."""
    names = Names("planted", "local", ACCOUNT, REGION)
    stacks = Stacks(client, names)
    artifacts = "Slipway: the model artifacts of planted-local"
    assert stacks.create("artifacts", artifacts, "AWS::S3::Bucket", BucketName=names.bucket) == "CREATE_COMPLETE"
    planted = Planter(client, names).everything()
    assert stacks.create("former", FORMER, LOG_GROUP, LogGroupName="/a/former/one") == "CREATE_COMPLETE"
    # The log group is there already, as on AWS when SageMaker wrote it again after a deletion.
    taken = names.log_group("scores", "serverless")
    scores = "Slipway: the endpoint scores of planted-local"
    assert stacks.create("scores", scores, LOG_GROUP, LogGroupName=taken) == "ROLLBACK_COMPLETE"
    assert stacks.delete("artifacts") == "DELETE_FAILED"  # its bucket is not empty
    return planted


@pytest.fixture(scope="module")
def garden(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Garden]:
    project = Project(machine, tmp_path_factory.mktemp("planted"), "planted")
    project.write()
    client = functools.cache(machine.client)
    others: Planted = set()
    for where, has_endpoint in zip(FOREIGN, (True, False), strict=True):
        others |= Planter(client, Names(*where, ACCOUNT, REGION)).everything(with_endpoint=has_endpoint)
    foreign = resource_names(client)
    planted = plant(client)
    seen = verify(project)
    cleaned = verify(project, "--remove", "--yes")
    yield Garden(project, planted, others, foreign, seen, cleaned, resource_names(client))
    client("iam").delete_role(RoleName="caller-of-planted-local")
    for where in FOREIGN:
        remove(project, *where)


def remove(project: Project, name: str, env: str) -> None:
    """Remove what was planted for somebody else, by the same door."""
    other = Project(project.machine, project.folder / f"{name}-{env}", name)
    Path(other.folder).mkdir()
    other.write(env)
    verifying = ("slipway", "verify-clean", "--env", env, "--remove", "--yes")
    other.slipway("local", "run", "--env", env, "--", *verifying)
    other.machine.client("iam").delete_role(RoleName=f"caller-of-{name}-{env}")


def kinds_and_names(found: list[dict[str, Any]]) -> Planted:
    return {(one["kind"], one["name"]) for one in found}


def test_leftovers_of_every_kind_are_found(garden: Garden) -> None:
    stacks = {("stack", f"Planted-local-{part}") for part in ("artifacts", "former", "scores")}
    found = kinds_and_names(garden.seen["left_over"]) | kinds_and_names(garden.seen["traces"])
    # The bucket is its stack's, whose deletion may take it.
    assert found == {one for one in garden.planted if one[0] != "bucket"} | stacks
    assert garden.seen["deployed"] == {}
    assert garden.seen["not_looked_at"] == []


def test_each_says_why_it_counts_and_what_removes_it(garden: Garden) -> None:
    by_name = {one["name"]: one for one in garden.seen["left_over"]}
    former, failed = by_name["Planted-local-former"], by_name["Planted-local-scores"]
    assert "no longer defines" in former["reason"]
    assert former["commands"] == [
        "slipway local run -- aws cloudformation delete-stack --stack-name Planted-local-former --region us-east-1"
    ]
    assert "ROLLBACK_COMPLETE" in failed["reason"]
    assert "DELETE_FAILED" in by_name["Planted-local-artifacts"]["detail"]
    for one in garden.seen["left_over"]:
        assert one["reason"]
        assert all(command.startswith("slipway local run -- aws ") for command in one["commands"])
    [policy] = [one for one in garden.seen["left_over"] if one["kind"] == "managed policy"]
    assert [command.split()[6] for command in policy["commands"]] == [
        "detach-role-policy",
        "detach-role-policy",
        "delete-policy-version",
        "delete-policy",
    ]


def test_all_of_them_are_removed_and_nothing_else(garden: Garden) -> None:
    assert garden.cleaned["clean"], garden.cleaned
    assert garden.cleaned["left_over"] == garden.cleaned["traces"] == garden.cleaned["not_removed"] == []
    removed = kinds_and_names(garden.cleaned["removed"])
    stacks = {("stack", f"Planted-local-{part}") for part in ("artifacts", "former", "scores")}
    assert removed == garden.planted | stacks
    # The role of somebody's is not the environment's: only what it had of its is taken away.
    assert sorted(garden.after) == sorted([*garden.foreign, "caller-of-planted-local"])


def test_what_was_planted_for_others_is_untouched(garden: Garden) -> None:
    client = garden.project.machine.client
    for project, env in FOREIGN:
        names = Names(project, env, ACCOUNT, REGION)
        versions = client("s3").list_object_versions(Bucket=names.bucket)
        assert len(versions["Versions"]) == 3
        assert client("ecr").describe_images(repositoryName=names.repository)["imageDetails"]
        held = client("iam").list_attached_role_policies(RoleName=f"caller-of-{names.prefix}")
        assert held["AttachedPolicies"]
    keys = [name for kind, name in garden.others if kind == "key"]
    states = [client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] for key in keys]
    assert states == ["Enabled", "Enabled"]
    templates = [name.removeprefix("s3://").partition("/") for kind, name in garden.others if kind == "template"]
    assert len(templates) == len(FOREIGN)
    for bucket, _, key in templates:
        assert client("s3").head_object(Bucket=bucket, Key=key)["ContentLength"]


@pytest.fixture
def shelf(machine: Machine, tmp_path: Path) -> Iterator[tuple[Project, Names]]:
    """An environment whose repository is deployed, and a foreign repository; both have the same images."""
    project, names = Project(machine, tmp_path, "shelved"), Names("shelved", "local", ACCOUNT, REGION)
    project.write()
    ecr, sagemaker, stacks = machine.client("ecr"), machine.client("sagemaker"), Stacks(machine.client, names)
    repository = {"RepositoryName": names.repository, "EmptyOnDelete": True}
    artifacts = "Slipway: the model artifacts of shelved-local"
    assert stacks.create("artifacts", artifacts, "AWS::ECR::Repository", **repository) == "CREATE_COMPLETE"
    ecr.create_repository(repositoryName=FOREIGN_REPOSITORY)
    for place in (names.repository, FOREIGN_REPOSITORY):
        for tag in (FORMER_TAG, USED_TAG, "base-1.0"):
            manifest = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": {"digest": tag}}
            ecr.put_image(repositoryName=place, imageTag=tag, imageManifest=json.dumps(manifest))
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{names.repository}:{USED_TAG}"
    role = f"arn:aws:iam::{ACCOUNT}:role/somebodys"
    sagemaker.create_model(ModelName="somebodys", ExecutionRoleArn=role, PrimaryContainer={"Image": image})
    yield project, names
    sagemaker.delete_model(ModelName="somebodys")
    ecr.delete_repository(repositoryName=FOREIGN_REPOSITORY, force=True)
    project.remove("artifacts")


def test_the_image_of_a_former_endpoint_is_removed_from_a_repository_that_stays(
    shelf: tuple[Project, Names],
) -> None:
    project, names = shelf
    cleaned = verify(project, "--remove", "--yes")
    assert kinds_and_names(cleaned["removed"]) == {("image", f"{names.repository}:{FORMER_TAG}")}
    assert cleaned["clean"], cleaned
    ecr = project.machine.client("ecr")
    for repository, tags in ((names.repository, KEPT_TAGS), (FOREIGN_REPOSITORY, {*KEPT_TAGS, FORMER_TAG})):
        images = ecr.describe_images(repositoryName=repository)["imageDetails"]
        assert {tag for image in images for tag in image["imageTags"]} == tags
