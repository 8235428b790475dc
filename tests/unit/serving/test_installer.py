from __future__ import annotations

import base64
import hashlib
import os
import socket
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from serving.core.errors import StartError
from serving.installer import install

MINUTE = 60.0


def wheel(folder, name: str) -> None:
    """Write a wheel with one module, whose VERSION is 1."""
    info = f"{name}-1.dist-info"
    files = {
        f"{name}.py": b"VERSION = 1\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}"
        for path, data in files.items()
    ]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]).encode()
    with zipfile.ZipFile(folder / f"{name}-1-py3-none-any.whl", "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)


@pytest.fixture
def code(tmp_path):
    """The folder code/ with two wheels and a requirements.txt that asks for the first."""
    folder = tmp_path / "code"
    folder.mkdir()
    wheel(folder, "slipway_first")
    wheel(folder, "slipway_second")
    (folder / "requirements.txt").write_text("--no-index\n--find-links .\nslipway_first==1\n")
    return folder


def test_without_requirements_nothing_is_installed(tmp_path):
    packages = tmp_path / "packages"
    assert install(tmp_path / "requirements.txt", packages_dir=packages, timeout=MINUTE) is None
    assert not packages.exists()


def test_packages_come_into_a_folder_of_their_own(code, tmp_path):
    packages = install(code / "requirements.txt", packages_dir=tmp_path / "packages", timeout=MINUTE)
    assert packages.parent == tmp_path / "packages"
    assert (packages / "slipway_first.py").is_file()
    assert list(packages.parent.iterdir()) == [packages]


def test_the_same_requirements_are_installed_once(code, tmp_path):
    first = install(code / "requirements.txt", packages_dir=tmp_path / "packages", timeout=MINUTE)
    (first / "mark").touch()
    (code / "slipway_first-1-py3-none-any.whl").unlink()
    assert install(code / "requirements.txt", packages_dir=tmp_path / "packages", timeout=MINUTE) == first
    assert (first / "mark").exists()


def test_other_requirements_get_another_folder(code, tmp_path):
    first = install(code / "requirements.txt", packages_dir=tmp_path / "packages", timeout=MINUTE)
    (code / "requirements.txt").write_text("--no-index\n--find-links .\nslipway_second==1\n")
    second = install(code / "requirements.txt", packages_dir=tmp_path / "packages", timeout=MINUTE)
    assert first != second
    assert [(folder / "slipway_second.py").exists() for folder in (first, second)] == [False, True]


def test_two_starts_at_once_end_with_the_same_whole_folder(code, tmp_path):
    def start(_):
        return install(code / "requirements.txt", packages_dir=tmp_path / "packages", timeout=MINUTE)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(start, range(2))
    assert first == second
    assert list((tmp_path / "packages").iterdir()) == [first]
    assert (first / "slipway_first.py").is_file()


def test_what_a_killed_start_left_is_never_taken_for_whole(code, tmp_path):
    old, new = (tmp_path / "packages" / f".installing-{age}" for age in ("old", "new"))
    for unfinished in (old, new):
        unfinished.mkdir(parents=True)
    os.utime(old, (0, 0))
    packages = install(code / "requirements.txt", packages_dir=tmp_path / "packages", timeout=MINUTE)
    assert packages not in {old, new}
    assert (packages / "slipway_first.py").is_file()
    # a new one may be another start's that is still at work
    assert (old.exists(), new.exists()) == (False, True)


def test_a_failure_names_the_file_and_pips_reason_and_leaves_nothing(code, tmp_path):
    (code / "requirements.txt").write_text("--no-index\nslipway_absent==1\n")
    with pytest.raises(StartError) as caught:
        install(code / "requirements.txt", packages_dir=tmp_path / "packages", timeout=MINUTE)
    message = str(caught.value)
    assert str(code / "requirements.txt") in message
    assert "No matching distribution found for slipway_absent==1" in message
    assert "slipway_absent" in caught.value.details
    assert list((tmp_path / "packages").iterdir()) == []


def test_an_installation_that_takes_too_long_ends(code, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        (code / "requirements.txt").write_text(f"--index-url {address}\nslipway_absent\n")
        with pytest.raises(StartError, match=r"within 2 s.*--install-timeout"):
            install(code / "requirements.txt", packages_dir=tmp_path / "packages", timeout=2)
    assert list((tmp_path / "packages").iterdir()) == []


def test_a_packages_folder_that_cannot_be_made_is_named(code, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match="--packages-dir"):
        install(code / "requirements.txt", packages_dir=tmp_path / "file" / "packages", timeout=MINUTE)


@pytest.mark.parametrize("name", ["pip", "logging"])
def test_the_handlers_files_hide_no_module_from_pip(code, tmp_path, name):
    (code / f"{name}.py").write_text("raise RuntimeError('this is a file of the handler')")
    packages = install(code / "requirements.txt", packages_dir=tmp_path / "packages", timeout=MINUTE)
    assert (packages / "slipway_first.py").is_file()


def test_without_a_packages_folder_the_environment_gets_them(code, tmp_path):
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    script = (
        "import sys; sys.path.append(sys.argv[1]);"
        "from pathlib import Path; from serving.installer import install;"
        "print(install(Path(sys.argv[2]), packages_dir=None, timeout=60));"
        "import slipway_first; print(slipway_first.__file__)"
    )
    # the environment has no pip of its own; this one's is lent to it
    lent = tmp_path / "lent"
    lent.mkdir()
    (lent / "pip").symlink_to(next(iter(__import__("pip").__path__)))
    root = __import__("serving").__path__[0].removesuffix("/serving")
    answer = subprocess.run(
        [environment / "bin/python", "-c", script, root, code / "requirements.txt"],
        env={"PYTHONPATH": str(lent)},
        check=True,
        capture_output=True,
        text=True,
    )
    nothing, module = answer.stdout.splitlines()
    assert nothing == "None"
    assert module.startswith(str(environment))
