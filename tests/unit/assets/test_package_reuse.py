"""When a package is made, and what it costs when it is there."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assets import checkout
from assets.model_folder import find_model
from assets.package import Package, package
from assets.records import AN_HOUR
from assets.unpacked import unpacked

Pack = Callable[..., tuple[Package, list[str]]]
RecordsOf = Callable[[str], set[str]]
StartPython = Callable[..., "subprocess.Popen[str]"]


def test_unchanged_is_not_made_again(toy: Path, pack: Pack) -> None:
    first, _ = pack()
    before = first.path.stat()
    second, steps = pack()
    assert (second, steps) == (first, [])
    assert second.path.stat().st_mtime_ns == before.st_mtime_ns
    assert second.path.stat().st_ino == before.st_ino


def test_what_does_not_enter_the_tarball_makes_nothing_again(toy: Path, pack: Pack) -> None:
    first, _ = pack()
    (toy / "README.md").write_text("Another text.\n")
    (toy / "tests/test_model.py").write_text("")
    (toy / ".env").write_text("")
    (toy / "empty").mkdir()
    os.utime(toy / "model.py")
    (toy / "model.py").chmod(0o755)
    assert pack() == (first, [])


def test_a_changed_handler_is_packed_without_an_export(toy: Path, pack: Pack, records_of: RecordsOf) -> None:
    first, _ = pack()
    exports = records_of("exports")
    (toy / "inference.py").write_text("x = 1\n")
    second, steps = pack()
    assert steps == ["packing toy"]
    assert second.digest != first.digest
    assert records_of("exports") == exports


@pytest.mark.parametrize("name", ["model.py", "layers.py", "labels/classes.txt"])
def test_a_changed_input_of_model_py_is_exported(toy: Path, pack: Pack, records_of: RecordsOf, name: str) -> None:
    before = records_of("exports")
    with (toy / name).open("a") as file:
        file.write("\n# changed\n")
    _, steps = pack()
    assert steps[0].startswith("exporting toy with torch ")
    assert len(records_of("exports") - before) == 1


def test_changed_weights_change_the_digest_and_back_again_is_free(toy: Path, pack: Pack) -> None:
    first, _ = pack()
    text = (toy / "model.py").read_text()
    (toy / "model.py").write_text(text.replace("3.0", "4.0"))
    second, _ = pack()
    assert second.digest != first.digest
    (toy / "model.py").write_text(text)
    assert pack() == (first, [])


@pytest.mark.parametrize("damage", ["cut", "removed", "no facts"])
def test_a_damaged_package_is_made_anew(toy: Path, pack: Pack, damage: str) -> None:
    first, _ = pack()
    whole = first.path.read_bytes()
    if damage == "cut":
        first.path.write_bytes(whole[: len(whole) // 2])
    elif damage == "removed":
        first.path.unlink()
    else:
        (first.path.parent / "package.json").write_text("{")
    second, steps = pack()
    assert (second, steps) == (first, ["packing toy"])
    assert second.path.read_bytes() == whole


def test_old_packages_are_removed_and_never_the_current_one(toy: Path, pack: Pack, records_of: RecordsOf) -> None:
    first, _ = pack()
    packed = first
    for number in range(6):
        past = time.time() - 2 * AN_HOUR + number
        os.utime(packed.path.parent, (past, past))
        (toy / "inference.py").write_text(f"x = {number}\n")
        packed, _ = pack()
        assert packed.path.exists()
    assert len(records_of("packages")) == 3
    assert not first.path.exists()


def test_as_many_packages_stay_as_were_used_a_moment_ago(toy: Path, pack: Pack) -> None:
    made = []
    for number in range(6):
        (toy / "inference.py").write_text(f"x = {number}\n")
        packed, _ = pack()
        made.append((packed.path, unpacked(packed)["manifest.json"]))
    assert all(package.exists() and manifest.exists() for package, manifest in made)


def test_models_of_one_name_share_nothing(toy: Path, pack: Pack) -> None:
    first, _ = pack()
    other = checkout.ROOT / "elsewhere/toy"
    other.mkdir(parents=True)
    (other / "model.py").write_text((toy / "model.py").read_text().replace("3.0", "5.0"))
    (other / "layers.py").write_text((toy / "layers.py").read_text())
    second = package(find_model(str(other)))
    assert second.model == first.model
    assert second.path.parent.parent != first.path.parent.parent
    assert pack() == (first, [])


_WARM = """
import json

opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
package(find_model("toy"))
heavy = {"torch", "numpy", "boto3", "botocore", "sagemaker", "aws_cdk"} & set(sys.modules)
print(json.dumps({"heavy": sorted(heavy), "opened": opened}))
"""


def test_a_warm_package_imports_nothing_heavy_and_reads_neither_weights_nor_tarball(
    toy: Path, pack: Pack, start_python: StartPython, monkeypatch: pytest.MonkeyPatch
) -> None:
    (toy / "weights.pth").write_bytes(os.urandom(200_000))
    # A digest is remembered once the file is older than a step of the file system's clock.
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now + 10 * 10**9)
    pack()
    process = start_python(_WARM)
    seen = json.loads(process.communicate(timeout=60)[0])
    assert seen["heavy"] == []
    assert str(toy / "model.py") in seen["opened"], "the hook sees what is opened"
    assert not [path for path in seen["opened"] if path.endswith((".pth", ".pt", ".tar.gz"))]
