"""Packaging that is killed at random moments: the next run ends with the right package, whatever was left."""

import gzip
import hashlib
import json
import random
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from assets.checkout import ROOT

_SCRIPT = """
import sys
from pathlib import Path

from assets import checkout
from assets.model_folder import find_model
from assets.package import package

checkout.STATE = Path(sys.argv[1])
print("ready", flush=True)
packed = package(find_model(sys.argv[2]), output_dir=Path(sys.argv[3]))
print(packed.path, packed.digest)
"""
_HANDLER = "def input_fn(body, content_type):\n    return body\n"
_MODEL = """\
import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(1024, NUMBER)

    def forward(self, x):
        return self.linear(x)


def create_model():
    return Net()
"""


class Packaging:
    """A model folder, and a process that packages it."""

    def __init__(self, folder: Path) -> None:
        self.model, self.state, self.output = folder / "model", folder / "state", folder / "output"
        self.model.mkdir()
        (self.model / "inference.py").write_text(_HANDLER)

    def start(self) -> "subprocess.Popen[str]":
        """Start packaging; returns once nothing but the packaging itself is left to do."""
        arguments = [str(path) for path in (self.state, self.model, self.output)]
        command = [sys.executable, "-c", _SCRIPT, *arguments]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    def finish(self) -> tuple[Path, str]:
        """Package to the end; returns the tarball and its digest."""
        process = self.start()
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        path, digest = output.split()
        return Path(path), digest

    def seconds(self) -> float:
        """Return how long packaging takes when nothing is there yet."""
        process = self.start()
        start = time.perf_counter()
        process.communicate(timeout=120)
        return time.perf_counter() - start

    def kill_after(self, seconds: float) -> bool:
        """Package, but kill -9 the process; returns whether that came before the end."""
        process = self.start()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate(timeout=120)
        return process.returncode != 0


def _check_whole(tarball: Path, digest: str) -> dict[str, str]:
    """Make sure that a tarball holds what its manifest says, to the last byte; returns its files' digests."""
    with gzip.open(tarball) as stream:  # which checks the length and the CRC at the end
        while stream.read(2**20):
            pass
    with tarfile.open(tarball) as tar:
        digests = {}
        for entry in tar:
            file = tar.extractfile(entry)
            assert file is not None
            digests[entry.name] = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None
        files = json.loads(manifest.read())["files"]
    assert digests.pop("manifest.json") == digest
    assert digests == files
    return digests


def _kill_at_random_moments(packaging: Packaging, kills: int, seed: int) -> int:
    """Package new weights again and again, killed first; returns how many runs a kill did end."""
    moments = random.Random(seed)  # noqa: S311 (moments, no secrets)
    weights = packaging.model / "weights.pt"
    (packaging.model / "model.yaml").write_text("weights: weights.pt\n")
    weights.write_bytes(moments.randbytes(24 * 2**20))
    duration = packaging.seconds()
    killed = 0
    for number in range(kills):
        content = moments.randbytes(24 * 2**20 + number % 2)
        weights.write_bytes(content)
        killed += packaging.kill_after(moments.uniform(0, duration))
        tarball, digest = packaging.finish()
        files = _check_whole(tarball, digest)
        assert files["model.pt"] == hashlib.sha256(content).hexdigest()
        assert (packaging.output / "model.tar.gz").read_bytes() == tarball.read_bytes()
        assert packaging.finish() == (tarball, digest), "the package is found again"
        assert [path.name for path in packaging.output.iterdir()] == ["model.tar.gz"]
        leftovers = [path for path in packaging.state.rglob("*.tmp") if path.parent.parent.name == "packages"]
        assert leftovers == []
    return killed


def test_three_kills(tmp_path: Path) -> None:
    _kill_at_random_moments(Packaging(tmp_path), kills=3, seed=0)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_fifty_kills(tmp_path: Path) -> None:
    killed = _kill_at_random_moments(Packaging(tmp_path), kills=50, seed=1)
    assert killed >= 25, "most kills came while there was something to do"


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_ten_kills_while_a_model_is_exported(tmp_path: Path) -> None:
    packaging = Packaging(tmp_path)
    moments = random.Random(2)  # noqa: S311 (moments, no secrets)
    (packaging.model / "model.py").write_text(_MODEL.replace("NUMBER", "4096"))
    duration = packaging.seconds()
    for number in range(10):
        (packaging.model / "model.py").write_text(_MODEL.replace("NUMBER", str(4097 + number)))
        packaging.kill_after(moments.uniform(0, duration))
        files = _check_whole(*packaging.finish())
        (tmp_path / f"fresh{number}").mkdir()
        other = Packaging(tmp_path / f"fresh{number}")
        (other.model / "model.py").write_text((packaging.model / "model.py").read_text())
        exported = _check_whole(*other.finish())["model.pt"]
        assert exported == files["model.pt"], "as if nothing had been killed"
