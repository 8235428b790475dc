"""Environments, synthesized once each with a made-up package; the tests read the templates."""

import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from assets import checkout
from assets.checkout import ROOT
from assets.manifest import MANIFEST, ModelFile, manifest
from assets.package import Package
from assets.tarball import Content, write_tarball
from stacks.environment_app import EnvironmentApp
from stacks.settings import EnvironmentSettings, load_environment

CONTEXT = json.loads((ROOT / "cdk.json").read_text())["context"]


class Template:
    """A synthesized template."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content

    def of_type(self, resource_type: str) -> dict[str, dict[str, Any]]:
        """The resources of one type by logical id."""
        resources = self.content["Resources"].items()
        return {logical_id: resource for logical_id, resource in resources if resource["Type"] == resource_type}

    def only(self, resource_type: str) -> dict[str, Any]:
        """The properties of the one resource of a type."""
        (resource,) = self.of_type(resource_type).values()
        properties: dict[str, Any] = resource["Properties"]
        return properties


class Assembly:
    """A cloud assembly on disk."""

    def __init__(self, directory: Path, settings: EnvironmentSettings, package: Package) -> None:
        self.directory = directory
        self.settings = settings
        self.package = package
        self.manifest = self._read("manifest.json")["artifacts"]
        self.artifacts = Template(self._read(f"{settings.names.artifact_stack}.template.json"))

    def endpoint(self, name: str = "linear") -> Template:
        return Template(self._read(f"{self.settings.names.endpoint_stack(name)}.template.json"))

    def assets(self, name: str = "linear") -> dict[str, Any]:
        return self._read(f"{self.settings.names.endpoint_stack(name)}.assets.json")

    def annotations(self, name: str = "linear") -> str:
        return (self.directory / f"{self.settings.names.endpoint_stack(name)}.metadata.json").read_text()

    def _read(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.directory / name).read_text())
        return content


def made_up_package(folder: Path, content: str) -> Package:
    """A package whose tarball nobody reads or copies in any reasonable time: a hole of 1 TiB."""
    path = folder / "model.tar.gz"
    with path.open("wb") as tarball:
        tarball.truncate(2**40)
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Package(model="linear", path=path, size=2**40, digest=digest, entry_point="inference.py")


def packed_package(folder: Path) -> Package:
    """A small package that can be unpacked."""
    path = folder / "model.tar.gz"
    members: dict[str, Content] = {"model.pt": b"weights", "code/inference.py": b"", "serving.json": b"{}"}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}  # type: ignore[arg-type]
    listing = manifest(ModelFile("model.pt", "torchscript"), digests, "inference.py", None)
    write_tarball(path, {**members, MANIFEST: listing})
    digest = hashlib.sha256(listing).hexdigest()
    return Package("linear", path, path.stat().st_size, digest, "inference.py")


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Assembly]:
    """Synthesize a committed environment, or one of the name `made` from the text of its file."""

    def synthesized(name: str = "made", text: str = "", content: str = "weights") -> Assembly:
        folder = tmp_path_factory.mktemp("environments")
        if text:
            (folder / f"{name}.yaml").write_text(text)
        settings = load_environment(name, folder) if text else load_environment(name)
        is_unpacked = any(endpoint.artifact == "uncompressed" for endpoint in settings.endpoints.values())
        package = packed_package(folder) if is_unpacked else made_up_package(folder, content)
        app = EnvironmentApp(CONTEXT, folder / "cdk.out")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(checkout, "STATE", folder / "state")
            assembly = app.synthesize(settings, lambda endpoint, variant: package)
        return Assembly(Path(assembly.directory), settings, package)

    return cache(synthesized)
