"""Checkouts of their own for the tests of the asset step: nothing is written to the real one."""

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from assets import checkout
from assets.model_folder import find_model
from assets.package import Package, package
from assets.ray_serve import RayServeSettings, ray_members

MODEL = """\
import torch

from layers import scale


class Scaled(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor([2.0, 3.0]))

    def forward(self, x):
        return self.weight * x


def create_model():
    return scale(Scaled())
"""

LAYERS = """\
def scale(model):
    return model
"""

HANDLER = """\
import json


def input_fn(body, content_type):
    return json.loads(body)
"""

FILES = {
    "model.py": MODEL,
    "layers.py": LAYERS,
    "inference.py": HANDLER,
    "requirements.txt": "einops==0.8.1\n",
    "labels/classes.txt": "cat\ndog\n",
    "samples/one.yaml": "body: [1.0, 2.0]\nexpected: [2.0, 6.0]\n",
    "README.md": "A model.\n",
    "tests/test_model.py": "def test_nothing(): ...\n",
    ".gitignore": "*.log\n",
}

WriteTree = Callable[[Path, dict[str, str]], Path]
StartPython = Callable[..., "subprocess.Popen[str]"]
Pack = Callable[..., tuple[Package, list[str]]]
ContentsOf = Callable[[Path], dict[str, bytes]]
RecordsOf = Callable[[str], set[str]]

_ENTER = """\
import sys
from pathlib import Path

from assets import checkout
from assets.model_folder import find_model
from assets.package import package

checkout.ROOT = Path(sys.argv[1])
checkout.MODEL_CODE = checkout.ROOT / "model_code"
checkout.STATE = checkout.ROOT / ".slipway"

"""


@pytest.fixture(scope="session")
def write_tree() -> WriteTree:
    """Write files, by name, into a folder."""

    def write(folder: Path, files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return folder

    return write


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give this process an empty checkout, in which it also works."""
    return _enter(tmp_path / "checkout", monkeypatch)


@pytest.fixture(scope="session")
def _warm(tmp_path_factory: pytest.TempPathFactory, write_tree: WriteTree) -> Path:
    with pytest.MonkeyPatch.context() as monkeypatch:
        root = _enter(tmp_path_factory.mktemp("warm") / "checkout", monkeypatch)
        write_tree(root / "model_code/toy", FILES)
        package(find_model("toy"))
    return root


@pytest.fixture
def toy(_warm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give this process a checkout with a model `toy` that is packaged already; its folder."""
    root = tmp_path / "checkout"
    shutil.copytree(_warm, root)
    _enter(root, monkeypatch)
    return root / "model_code/toy"


@pytest.fixture
def start_python() -> Iterator[StartPython]:
    """Start a script in another process, in the checkout of this one; it knows `package` and `find_model`."""
    with ExitStack() as stack:

        def start(script: str, **environment: str) -> "subprocess.Popen[str]":
            process = subprocess.Popen(
                [sys.executable, "-c", _ENTER + script, checkout.ROOT],
                env={**os.environ, **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start


@pytest.fixture
def pack() -> Pack:
    """Package `toy`; returns the package and the steps that were taken for it."""

    def package_toy(**options: Any) -> tuple[Package, list[str]]:
        steps: list[str] = []
        return package(find_model("toy"), progress=steps.append, **options), steps

    return package_toy


@pytest.fixture
def contents_of() -> ContentsOf:
    """Read a tarball: its files' bytes by their names, without what every one holds for Ray Serve."""
    bridge = ray_members(RayServeSettings())

    def read(tarball: Path) -> dict[str, bytes]:
        with tarfile.open(tarball) as tar:
            files = {entry.name: tar.extractfile(entry) for entry in tar if entry.name not in bridge}
            return {name: file.read() for name, file in files.items() if file}

    return read


@pytest.fixture
def records_of() -> RecordsOf:
    """List the records of a kind, "exports" or "packages", and whatever is unfinished there."""

    def names(kind: str) -> set[str]:
        return {path.name for path in (checkout.STATE / kind).glob("*/*")} - {"lock", "export.log"}

    return names


def _enter(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (root / "model_code").mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(checkout, "ROOT", root)
    monkeypatch.setattr(checkout, "MODEL_CODE", root / "model_code")
    monkeypatch.setattr(checkout, "STATE", root / ".slipway")
    monkeypatch.chdir(root)
    return root
