"""Wheels that are made here, in a folder that is pip's only source, for a model that asks for them."""

import base64
import hashlib
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from assets import checkout
from assets.model_folder import ModelFolder, find_model
from assets.vendored.plan import plan_vendored
from assets.vendored.resolve import update_lock

MakeWheel = Callable[..., Path]
Ask = Callable[..., ModelFolder]
Members = Callable[..., dict[str, bytes]]


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give pip a folder as its only source."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def make_wheel(index: Path) -> MakeWheel:
    """Write a wheel into pip's source."""

    def make(
        name: str,
        version: str = "1.0",
        files: Mapping[str, str] | None = None,
        *,
        requires: Sequence[str] = (),
        tag: str = "py3-none-any",
        extra_metadata: str = "",
    ) -> Path:
        info = f"{name}-{version}.dist-info"
        lines = [f"Requires-Dist: {requirement}\n" for requirement in requires]
        content = {
            **(files if files is not None else {f"{name}.py": f"VERSION = {version!r}\n"}),
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{extra_metadata}"
            + "".join(lines),
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        }
        record = "".join(f"{path},{_hash(text)},{len(text.encode())}\n" for path, text in content.items())
        path = index / f"{name}-{version}-{tag}.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            for member, text in {**content, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
                wheel.writestr(member, text)
        return path

    return make


def _hash(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    return f"sha256={digest}"


@pytest.fixture
def ask(root: Path) -> Ask:
    """Give the model `toy` a requirements.txt."""

    def write(*lines: str, name: str = "toy") -> ModelFolder:
        folder = checkout.MODEL_CODE / name
        folder.mkdir(exist_ok=True)
        (folder / "requirements.txt").write_text("".join(f"{line}\n" for line in lines))
        return find_model(name)

    return write


@pytest.fixture
def members(tmp_path_factory: pytest.TempPathFactory) -> Members:
    """Lock, where that is asked for, and read the members that a tarball would hold."""

    def read(
        model: ModelFolder, container: str = "slim", *, lock: bool = True, steps: list[str] | None = None
    ) -> dict[str, bytes]:
        said = [] if steps is None else steps
        if lock:
            update_lock(model, container, progress=said.append)
        found = plan_vendored(model, container).members(tmp_path_factory.mktemp("members"), said.append)
        return {name: file.path.read_bytes() for name, file in found.items()}

    return read
