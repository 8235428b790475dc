"""From an endpoint config to running variants, with a container that is a stand-in."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import pytest

from local_aws.process_registry import ProcessRegistry
from local_aws.sagemaker import launch
from local_aws.sagemaker.container import ContainerError, ContainerSpec
from local_aws.sagemaker.launch import Launcher
from local_aws.sagemaker.model_data import ModelDataError
from local_aws.sagemaker.model_source import ModelSource


class Output:
    def __init__(self) -> None:
        self.stdout = io.BytesIO(b"started\n")


class FakeContainer:
    """Remembers what it was started from."""

    made: list[FakeContainer]
    not_ready: set[str]

    def __init__(self, spec: ContainerSpec, registry: ProcessRegistry) -> None:
        self.spec = spec
        self.pid = 7
        self.url = "http://127.0.0.1:1"
        self.output = Output()
        self.logs: Any = None
        self.stopped = threading.Event()
        self.made.append(self)

    def attach(self, logs: Any) -> None:
        self.logs = logs

    def wait_until_ready(self) -> None:
        if self.spec.variant_name in self.not_ready:
            self.stop()
            raise ContainerError(f"{self.spec.variant_name} did not pass the ping health check")

    def wait_for_end(self) -> None:
        self.stopped.wait()

    def stop(self) -> None:
        self.stopped.set()


class Logs:
    """A client of CloudWatch Logs."""

    class exceptions:  # noqa: N801 - boto3's name
        class ResourceAlreadyExistsException(Exception):  # noqa: N818 - boto3's name
            pass

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.groups: list[str] = []
        self.streams: list[str] = []

    def create_log_group(self, **names: str) -> None:
        if self.failure:
            raise self.failure
        if names["logGroupName"] in self.groups:
            raise self.exceptions.ResourceAlreadyExistsException
        self.groups.append(names["logGroupName"])

    def create_log_stream(self, **names: str) -> None:
        self.streams.append(names["logStreamName"])

    def put_log_events(self, **_: Any) -> None:
        return


class Tarballs:
    """Unpacks a model, or says that it cannot."""

    def __init__(self) -> None:
        self.failure: Exception | None = None

    def fetch(self, source: ModelSource, model_dir: Path) -> None:
        model_dir.mkdir(parents=True)
        (model_dir / "model.pt").write_text(source.url)
        if self.failure:
            raise self.failure


@pytest.fixture
def containers(monkeypatch: pytest.MonkeyPatch) -> type[FakeContainer]:
    made = type("Made", (FakeContainer,), {"made": [], "not_ready": set()})
    monkeypatch.setattr(launch, "Container", made)
    return made


@pytest.fixture
def logs() -> Logs:
    return Logs()


@pytest.fixture
def tarballs() -> Tarballs:
    return Tarballs()


@pytest.fixture
def launcher(
    tmp_path: Path, fake_clients: Any, logs: Logs, tarballs: Tarballs, containers: type[FakeContainer]
) -> Launcher:
    registry = ProcessRegistry(tmp_path / "processes.json")
    return Launcher(fake_clients(logs=logs), tarballs, registry, tmp_path)


def variant(name: str, **members: Any) -> dict[str, Any]:
    return {"VariantName": name, "ModelName": "linear", **members}


def model(_: str) -> dict[str, Any]:
    container = {
        "Image": "an-image",
        "ModelDataUrl": "s3://b/k.tar.gz",
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
    }
    return {"ModelName": "linear", "PrimaryContainer": container}


def folders(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "containers").glob("*"))


def test_every_variant_runs_on_its_own_tarball(
    launcher: Launcher, containers: type[FakeContainer], tmp_path: Path
) -> None:
    running = launcher.launch("endpoint", {"ProductionVariants": [variant("blue"), variant("green")]}, model)

    assert [each.name for each in running] == ["blue", "green"]
    dirs = [container.spec.model_dir for container in containers.made]
    assert [(folder / "model.pt").read_text() for folder in dirs] == ["s3://b/k.tar.gz"] * 2
    assert len(set(dirs)) == 2
    assert {container.spec.packages_dir for container in containers.made} == {tmp_path / "packages"}
    assert containers.made[0].spec.environment == {"SAGEMAKER_PROGRAM": "inference.py"}


def test_a_model_in_network_isolation_has_packages_of_its_own(
    launcher: Launcher, containers: type[FakeContainer], tmp_path: Path
) -> None:
    config = {"ProductionVariants": [variant("blue")]}
    launcher.launch("endpoint", config, lambda name: {**model(name), "EnableNetworkIsolation": True})

    spec = containers.made[0].spec
    assert spec.isolated
    assert spec.packages_dir != tmp_path / "packages"


def test_shadow_variants_are_started_too(launcher: Launcher) -> None:
    config = {"ProductionVariants": [variant("live")], "ShadowProductionVariants": [variant("shadow")]}

    running = launcher.launch("endpoint", config, model)

    assert [(each.name, each.shadow) for each in running] == [("live", False), ("shadow", True)]


@pytest.mark.parametrize(
    ("members", "seconds"),
    [
        ({"ServerlessConfig": {}}, 180),
        ({"InstanceType": "ml.m5.large"}, 480),
        ({"InstanceType": "ml.m5.large", "ContainerStartupHealthCheckTimeoutInSeconds": 900}, 900),
    ],
)
def test_the_time_to_get_ready_is_that_of_the_hosting(
    launcher: Launcher, containers: type[FakeContainer], members: dict[str, Any], seconds: int
) -> None:
    launcher.launch("endpoint", {"ProductionVariants": [variant("blue", **members)]}, model)

    assert containers.made[0].spec.startup_timeout == seconds


def test_the_output_goes_to_the_endpoints_log_group(launcher: Launcher, logs: Logs) -> None:
    launcher.launch("endpoint", {"ProductionVariants": [variant("blue")]}, model)

    assert logs.groups == ["/aws/sagemaker/Endpoints/endpoint"]
    assert logs.streams[0].startswith("blue/")


def test_a_model_without_a_tarball_starts_on_an_empty_folder(
    launcher: Launcher, containers: type[FakeContainer]
) -> None:
    launcher.launch("e", {"ProductionVariants": [variant("blue")]}, lambda _: {"PrimaryContainer": {"Image": "i"}})

    assert list(containers.made[0].spec.model_dir.iterdir()) == []


def test_all_variants_run_or_none_does(
    launcher: Launcher, containers: type[FakeContainer], tmp_path: Path
) -> None:
    containers.not_ready.add("green")

    with pytest.raises(ContainerError, match="green did not pass"):
        launcher.launch("endpoint", {"ProductionVariants": [variant("blue"), variant("green")]}, model)

    assert [container.stopped.is_set() for container in containers.made] == [True, True]
    assert folders(tmp_path) == []


def test_a_tarball_that_cannot_be_unpacked_is_the_failure(
    launcher: Launcher, containers: type[FakeContainer], tarballs: Tarballs, tmp_path: Path
) -> None:
    tarballs.failure = ModelDataError("Failed to extract model data archive")

    with pytest.raises(ContainerError, match="Failed to extract"):
        launcher.launch("endpoint", {"ProductionVariants": [variant("blue")]}, model)

    assert containers.made == []
    assert folders(tmp_path) == []


def test_no_container_is_left_when_its_output_cannot_be_followed(
    launcher: Launcher, containers: type[FakeContainer], logs: Logs, client_error: Any, tmp_path: Path
) -> None:
    logs.failure = client_error("ServiceUnavailableException")

    with pytest.raises(Exception, match="ServiceUnavailable"):
        launcher.launch("endpoint", {"ProductionVariants": [variant("blue")]}, model)

    assert [container.stopped.is_set() for container in containers.made] == [True]
    assert folders(tmp_path) == []


def test_leftovers_of_an_earlier_run_are_removed_and_packages_stay(launcher: Launcher, tmp_path: Path) -> None:
    for name in ("containers", "packages"):
        (tmp_path / name / "old").mkdir(parents=True)

    launcher.remove_leftovers()

    assert not (tmp_path / "containers").exists()
    assert (tmp_path / "packages" / "old").exists()
