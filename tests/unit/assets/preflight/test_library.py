"""`code/lib` that is compiled for the container's Python, tried on a machine with another one."""

import sys
import zipfile

import pytest

from assets.errors import AssetError

OWN = f"cpython-{sys.version_info.major}{sys.version_info.minor}-x86_64-linux-gnu"
SERVER = b"""
import sys
from pathlib import Path
sys.path.insert(0, str(Path(sys.argv[1]) / "code/lib"))
import apple

def answer(body, content_type):
    return 200, "text/plain", apple.MADE_FOR.encode()
"""


def vendored(suffix: str) -> dict[str, bytes]:
    return {
        "behaviour.py": SERVER,
        "code/lib/apple.py": b"MADE_FOR = 'the container'\n",
        f"code/lib/_apple.{suffix}": b"machine code",
        "code/lib/apple-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: apple\nVersion: 1.0\n",
    }


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Give pip a folder as its only source."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.mark.parametrize("suffix", [f"{OWN}.so", "abi3.so", "so.1", "so"])
def test_what_loads_here_is_used(toy, suffix):
    toy.sample("one", "body: 1\nexpected: the container\n")
    report, _ = toy.try_out(toy.pack(vendored(suffix)))
    assert report.notes == ()


@pytest.mark.parametrize("suffix", ["cpython-39-x86_64-linux-gnu.so", "cpython-312-aarch64-linux-gnu.so"])
def test_the_same_versions_stand_in_for_what_does_not(toy, index, suffix):
    toy.sample("one", "body: 1\nexpected: this machine\n")
    with zipfile.ZipFile(index / "apple-1.0-py3-none-any.whl", "w") as wheel:
        info = "apple-1.0.dist-info"
        wheel.writestr("apple.py", "MADE_FOR = 'this machine'\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: apple\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    report, steps = toy.try_out(toy.pack(vendored(suffix)))
    (note,) = report.notes
    assert note.startswith("code/lib is for another Python than ")
    assert any(step.startswith("installing 1 packages for Python ") for step in steps)
    again, steps = toy.try_out(toy.pack({**vendored(suffix), "more": b""}))
    assert again.notes == report.notes
    assert not any(step.startswith("installing") for step in steps)


def test_no_stand_in_to_be_had(toy, index):
    with pytest.raises(AssetError) as error:
        toy.try_out(toy.pack(vendored("cpython-39-x86_64-linux-gnu.so")))
    assert "No matching distribution found for apple==1.0" in str(error.value)
    assert "leave the trial out with --no-preflight" in str(error.value)
