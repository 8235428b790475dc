"""The tarballs of the parity suite: packed once for a test run, and unpacked for each server."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from assets import checkout
from assets.manifest import MANIFEST
from assets.model_folder import find_model
from assets.package import Package, package
from local_aws.sagemaker.model_data import ModelData
from local_aws.sagemaker.model_source import ModelSource

_MODELS = Path(__file__).with_name("models")


class Rows(torch.nn.Module):
    """Three numbers to two; float32 holds the weights exactly, so every server writes the same digits."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor([[1.0, 0.5, 0.25], [0.0, -1.0, 2.0]]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.linear(x, self.weight)


def parity_packages(factory: pytest.TempPathFactory) -> dict[str, Package]:
    """Package the models, and return the packages by their names.

    All processes of a test run find the same ones, which lie in a temporary folder with all that packaging makes.
    """
    base = factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    models = folder / "parity-models"
    if not models.exists():
        _write_models(models)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkout, "STATE", folder / "parity-state")
        return {path.name: package(find_model(str(path))) for path in sorted(models.iterdir())}


def _write_models(models: Path) -> None:
    """Write the model folders, whole or not at all: another process of the test run may do so at the same time."""
    with tempfile.TemporaryDirectory(dir=models.parent) as scratch:
        written = Path(shutil.copytree(_MODELS, Path(scratch) / "models"))
        for folder in written.iterdir():
            torch.jit.save(torch.jit.script(Rows().eval()), folder / "model.pt")
        try:
            written.rename(models)
        except OSError:
            if not models.exists():
                raise


@dataclass(frozen=True)
class _Bucket:
    """Stands for the local S3, with one tarball in it, and for what makes its clients."""

    tarball: Path

    def client(self, _service: str) -> Any:
        return self

    def download_file(self, _bucket: str, _key: str, path: str) -> None:
        shutil.copyfile(self.tarball, path)


def unpacked(packages: dict[str, Package], parent: Path) -> dict[str, Path]:
    """Unpack each package for a server of its own as the local AWS does, and return the folders by name."""
    folders = {}
    for name, packed in packages.items():
        folders[name] = parent / name
        ModelData(_Bucket(packed.path)).fetch(ModelSource(f"s3://parity/{name}/model.tar.gz"), folders[name])
    return folders


def digest_of(model_dir: Path) -> str:
    """Return the digest of the package whose members a folder holds, byte for byte and no other ones."""
    listing = (model_dir / MANIFEST).read_bytes()
    files = {file.relative_to(model_dir).as_posix(): file for file in model_dir.rglob("*") if file.is_file()}
    digests = {
        name: hashlib.sha256(file.read_bytes()).hexdigest()
        for name, file in files.items()
        if name != MANIFEST and file.suffix != ".pyc"
    }
    assert digests == json.loads(listing)["files"]
    return hashlib.sha256(listing).hexdigest()
