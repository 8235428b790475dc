"""Model files of every kind, made once by torch, and inspections of whatever a test packs around them."""

import gzip
import io
import pickle
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assets import checkout
from assets.inspection import Finding, target_of
from assets.inspection.inspection import inspect_members, inspect_tarball
from assets.source_files import FileState, SourceFile

_MAKE = Path(__file__).with_name("make_archives.py")

LOADER = b"def model_fn(model_dir):\n    return None\n"


def _state_dict() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
    return stream.getvalue()


STATE_DICT = _state_dict()
"""The least that has the layout of torch.save: what a model_fn loads, so that torch is not needed to judge it."""

Inspect = Callable[..., list[Finding]]
Model = Callable[[str], SourceFile]
WriteTarball = Callable[..., Path]


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the model files, in one process."""
    folder = tmp_path_factory.mktemp("archives")
    subprocess.run([sys.executable, _MAKE, folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def _state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inspected")


@pytest.fixture(autouse=True)
def state(_state: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the lists of operators for all tests; nothing is written to the real checkout."""
    monkeypatch.setattr(checkout, "STATE", _state)
    return _state


@pytest.fixture
def model(archives: Path) -> Model:
    """Return one of the model files."""

    def find(name: str) -> SourceFile:
        path = archives / name
        return SourceFile(name, path, FileState.of(path.stat()))

    return find


@pytest.fixture
def inspect() -> Inspect:
    """Inspect a valid package with other files on top: `inspect({"code/x.py": b"…"}, torch="2.10")`."""

    def run(files: Mapping[str, bytes | SourceFile | None] | None = None, **changes: Any) -> list[Finding]:
        members: dict[str, Any] = {"model.pt": STATE_DICT, "code/inference.py": LOADER, **(files or {})}
        present = {name: content for name, content in members.items() if content is not None}
        options = {key: changes.pop(key) for key in ("acknowledged", "exported_by") if key in changes}
        target = target_of(changes.pop("container", "slim"))
        return inspect_members(present, replace(target, **changes), **options)

    return run


@pytest.fixture
def write_tarball(tmp_path: Path) -> WriteTarball:
    """Write a tarball of members as they are given, pairs of a name or a header and bytes."""

    def write(*members: tuple[str | tarfile.TarInfo, bytes], name: str = "model.tar.gz") -> Path:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for given, content in members:
                header = tarfile.TarInfo(given) if isinstance(given, str) else given
                header.size = len(content) or header.size
                tar.addfile(header, io.BytesIO(content))
        path = tmp_path / name
        path.write_bytes(gzip.compress(stream.getvalue(), 1))
        return path

    return write


@pytest.fixture
def inspect_packed(write_tarball: WriteTarball) -> Inspect:
    """Inspect a tarball of a valid model, and of the members that are given."""

    def run(*members: tuple[str | tarfile.TarInfo, bytes], **options: Any) -> list[Finding]:
        valid = [("model.pt", STATE_DICT), ("code/inference.py", LOADER)]
        return inspect_tarball(write_tarball(*valid, *members), target_of("slim"), **options)

    return run
