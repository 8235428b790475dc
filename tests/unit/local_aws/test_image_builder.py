"""What stands where docker stands: the commands that the CDK CLI gives."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from local_aws import image_builder
from local_aws.client_environment import IMAGES_VARIABLE
from local_aws.errors import LocalAwsError
from local_aws.image_builder import ImageBuilder
from local_aws.registry_logins import password_of
from local_aws.sagemaker.software.choice import SLIM, software_of

from .wheels import write_wheel

TAG = "cdkasset-0123"
REGISTRY = "000000000000.dkr.ecr.us-east-1.amazonaws.com"
REMOTE = f"{REGISTRY}/slipway-local:0123"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
BUILD = ["build", "--tag", TAG, "--file", "Dockerfile", "--platform", "linux/amd64", "."]


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "context"
    (folder / "serving").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM python\n")
    (folder / "serving" / "app.py").write_text("app = 1\n")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def builder(tmp_path: Path, context: Path) -> ImageBuilder:
    return ImageBuilder(tmp_path / "images")


@pytest.fixture
def pushed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The requests of PutImage, checked against the API model."""
    requests: list[dict[str, Any]] = []
    client = boto3.client("ecr", region_name="us-east-1")
    client.meta.events.register("before-parameter-build.ecr.PutImage", lambda params, **_: requests.append(params))
    stubber = Stubber(client)
    for _ in range(3):
        stubber.add_response("put_image", {})
    stubber.activate()
    monkeypatch.setattr(image_builder.boto3, "client", lambda service: client)
    return requests


def push(builder: ImageBuilder, requests: list[dict[str, Any]]) -> dict[str, Any]:
    """Build, tag and push, and return the manifest that arrived."""
    for command in (BUILD, ["tag", TAG, REMOTE], ["push", REMOTE]):
        assert builder.run(command) == 0
    return json.loads(requests[-1]["imageManifest"])


def test_an_image_goes_the_cdk_clis_way(builder: ImageBuilder, pushed: list[dict[str, Any]]) -> None:
    assert builder.run(["inspect", TAG]) == 1
    assert builder.run(BUILD) == 0
    assert builder.run(["inspect", TAG]) == 0
    assert builder.run(["tag", TAG, REMOTE]) == 0
    assert builder.run(["push", REMOTE]) == 0

    (request,) = pushed
    assert request["registryId"] == "000000000000"
    assert (request["repositoryName"], request["imageTag"]) == ("slipway-local", "0123")
    assert request["imageManifestMediaType"] == MANIFEST


def test_the_manifest_is_dockers_and_not_ocis(builder: ImageBuilder, pushed: list[dict[str, Any]]) -> None:
    manifest = push(builder, pushed)

    types = [manifest["mediaType"], manifest["config"]["mediaType"], *(x["mediaType"] for x in manifest["layers"])]
    assert manifest["schemaVersion"] == 2
    assert types[0] == MANIFEST
    assert all(each.startswith("application/vnd.docker.") for each in types)
    assert all(x["digest"].startswith("sha256:") and x["size"] > 0 for x in manifest["layers"])


def test_the_layer_is_that_of_the_contexts_files(
    builder: ImageBuilder, pushed: list[dict[str, Any]], context: Path
) -> None:
    first = push(builder, pushed)
    (context / "__pycache__").mkdir()
    (context / "__pycache__" / "app.pyc").write_bytes(b"compiled")
    same = push(builder, pushed)
    (context / "serving" / "app.py").write_text("app = 2\n")
    other = push(builder, pushed)

    assert first == same
    assert first["layers"] != other["layers"]


@pytest.mark.parametrize("platform", ["linux/arm64", None])
def test_another_platform_is_refused(builder: ImageBuilder, platform: str | None) -> None:
    options = ["--platform", platform] if platform else []

    with pytest.raises(LocalAwsError, match=f"linux/amd64; the image asset asks for {platform}"):
        builder.run(["build", "--tag", TAG, *options, "."])

    assert builder.run(["inspect", TAG]) == 1


@pytest.mark.parametrize("output", ["type=oci,dest=image.tar", "type=image,oci-mediatypes=true"])
def test_an_oci_manifest_is_refused(builder: ImageBuilder, output: str) -> None:
    with pytest.raises(LocalAwsError, match="OCI"):
        builder.run([*BUILD[:-1], f"--output={output}", "."])


@pytest.mark.parametrize("output", ["type=docker", "type=image,oci-mediatypes=false"])
def test_another_output_is_fine(builder: ImageBuilder, output: str) -> None:
    assert builder.run([*BUILD[:-1], f"--output={output}", "."]) == 0


def test_build_arguments_and_a_cache_do_no_harm(builder: ImageBuilder) -> None:
    options = ["--build-arg", "A=--platform", "--target", "slim", "--cache-from", "type=local,src=c", "--no-cache"]

    assert builder.run(["build", *options, *BUILD[1:]]) == 0


def test_a_missing_dockerfile_is_named(builder: ImageBuilder, context: Path) -> None:
    (context / "Dockerfile").unlink()

    with pytest.raises(LocalAwsError, match=r"no Dockerfile in .*context"):
        builder.run(BUILD)


@pytest.mark.parametrize("command", [["tag", "unknown", REMOTE], ["push", "unknown:tag"]], ids=lambda c: c[0])
def test_an_image_that_was_not_built_is_named(
    builder: ImageBuilder, pushed: list[dict[str, Any]], command: list[str]
) -> None:
    with pytest.raises(LocalAwsError, match="unknown"):
        builder.run(command)


@pytest.mark.parametrize("command", [[], ["run", "image"], ["inspect"], ["push", "a", "b"]])
def test_a_command_that_the_cdk_cli_does_not_give_is_refused(builder: ImageBuilder, command: list[str]) -> None:
    with pytest.raises(LocalAwsError, match="does not know"):
        builder.run(command)


def test_a_login_reads_its_password(builder: ImageBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    password = io.StringIO("secret")
    monkeypatch.setattr(sys, "stdin", password)

    assert builder.run(["login", "--username", "AWS", "--password-stdin", REGISTRY]) == 0
    assert password.read() == ""


OWN_DOCKERFILE = "ARG BASE\nFROM $BASE\nCOPY requirements.txt /\nRUN pip install -r /requirements.txt\n"
OWN_BUILD = ["build", "--build-arg", "BASE=python:3.12", *BUILD[1:]]


def test_a_users_own_dockerfile_is_read_for_what_stands_in(builder: ImageBuilder, context: Path) -> None:
    write_wheel(context.parent, "added", "1")
    lines = f"--no-index\n--find-links {context.parent.as_uri()}\nadded==1\n"
    (context / "requirements.txt").write_text(lines)
    (context / "Dockerfile").write_text(OWN_DOCKERFILE)
    for command in (OWN_BUILD, ["tag", TAG, REMOTE]):
        assert builder.run(command) == 0

    software = software_of(REMOTE, context.parent / "images")
    assert software.requirements
    assert software.requirements.read_text() == lines
    assert "FROM python:3.12" in str(software.note)
    assert list((context.parent / "packages").glob("*/added.py"))


def test_a_package_that_cannot_be_installed_is_no_image(builder: ImageBuilder, context: Path) -> None:
    (context / "requirements.txt").write_text("--no-index\nslipway-has-no-such-package==1\n")
    (context / "Dockerfile").write_text(OWN_DOCKERFILE)

    with pytest.raises(LocalAwsError, match=r"Of the image's Dockerfile, pip .*slipway-has-no-such-package"):
        builder.run(OWN_BUILD)
    assert builder.run(["inspect", TAG]) == 1


def test_the_slim_image_is_served_by_its_own_software(builder: ImageBuilder, context: Path) -> None:
    shutil.copy(Path(image_builder.__file__).parents[1] / "serving" / "Dockerfile", context / "Dockerfile")
    for command in (BUILD, ["tag", TAG, REMOTE]):
        assert builder.run(command) == 0

    assert software_of(REMOTE, context.parent / "images") == SLIM


class TestPassword:
    """Of a login in strict mode: what stands behind it pushes, and not who runs the builder."""

    CREDENTIALS = ("an-access-key", "a-secret", "a-session-token")

    @pytest.fixture
    def clients(self, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
        """The arguments of the clients that are made, which accept what docker's push calls."""
        made: list[dict[str, str]] = []
        new_client = boto3.client

        def client(service: str, **arguments: str) -> Any:
            made.append(arguments)
            ecr = new_client(service, region_name="us-east-1", **arguments)
            stubber = Stubber(ecr)
            if arguments:
                stubber.add_response("batch_check_layer_availability", {})
                for _ in ("config", "layer"):
                    stubber.add_response(
                        "initiate_layer_upload", {"uploadId": "00000000-0000-0000-0000-000000000000"}
                    )
                    stubber.add_response("upload_layer_part", {})
                    stubber.add_response("complete_layer_upload", {})
            stubber.add_response("put_image", {})
            stubber.activate()
            stubbers.append(stubber)
            return ecr

        stubbers: list[Stubber] = []
        monkeypatch.setattr(image_builder.boto3, "client", client)
        return made

    def log_in(self, builder: ImageBuilder, monkeypatch: pytest.MonkeyPatch, password: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(password))
        assert builder.run(["login", "--username", "AWS", "--password-stdin", f"https://{REGISTRY}"]) == 0

    def push(self, builder: ImageBuilder) -> None:
        for command in (BUILD, ["tag", TAG, REMOTE], ["push", REMOTE]):
            assert builder.run(command) == 0

    def test_its_owner_pushes(
        self, builder: ImageBuilder, clients: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.log_in(builder, monkeypatch, password_of(*self.CREDENTIALS))

        self.push(builder)

        names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        assert clients == [dict(zip(names, self.CREDENTIALS, strict=True))]

    def test_nobody_else_may_read_it(
        self, builder: ImageBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.log_in(builder, monkeypatch, password_of(*self.CREDENTIALS))

        (kept,) = (tmp_path / "images").glob("login-*")
        assert kept.stat().st_mode & 0o777 == 0o600
        assert "a-secret" not in (tmp_path / "images" / "calls.jsonl").read_text()

    @pytest.mark.parametrize("password", ["ministack-auth-token", "bnVsbA==", ""])
    def test_another_one_leaves_it_to_the_caller(
        self, builder: ImageBuilder, clients: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, password: str
    ) -> None:
        """As outside of strict mode, also right after it."""
        self.log_in(builder, monkeypatch, password_of(*self.CREDENTIALS))
        self.log_in(builder, monkeypatch, password)

        self.push(builder)

        assert clients == [{}]


def test_every_call_is_written_down(builder: ImageBuilder, tmp_path: Path, context: Path) -> None:
    builder.run(BUILD)
    builder.run(["inspect", TAG])

    calls = [json.loads(line) for line in (tmp_path / "images" / "calls.jsonl").read_text().splitlines()]

    assert calls == [
        {"arguments": BUILD, "folder": str(context)},
        {"arguments": ["inspect", TAG], "folder": str(context)},
    ]


class TestMain:
    """The program that ``CDK_DOCKER`` names."""

    @pytest.fixture
    def run(self, context: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
        def call(*arguments: str) -> Any:
            monkeypatch.setattr(sys, "argv", ["slipway-image-builder", *arguments])
            with pytest.raises(SystemExit) as caught:
                image_builder.main()
            return caught.value.code

        return call

    def test_its_status_is_the_commands(
        self, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(IMAGES_VARIABLE, str(tmp_path / "images"))

        assert run("inspect", TAG) == 1
        assert run(*BUILD) == 0
        assert run("inspect", TAG) == 0

    def test_elsewhere_it_says_where_it_runs(
        self, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(IMAGES_VARIABLE, raising=False)

        assert "`slipway local run` only" in run("inspect", TAG)

    def test_a_refusal_is_its_message(
        self, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(IMAGES_VARIABLE, str(tmp_path / "images"))

        assert "does not know: run" in run("run", "image")

    def test_an_error_of_the_repository_is_one_message(
        self, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(IMAGES_VARIABLE, str(tmp_path / "images"))
        client = boto3.client("ecr", region_name="us-east-1")
        stubber = Stubber(client)
        stubber.add_client_error("put_image", "RepositoryNotFoundException", "no such repository")
        stubber.activate()
        monkeypatch.setattr(image_builder.boto3, "client", lambda service: client)
        run(*BUILD)
        run("tag", TAG, REMOTE)

        assert "no such repository" in str(run("push", REMOTE))
