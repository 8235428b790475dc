import os
import subprocess
from pathlib import Path

import pytest

from assets import checkout
from assets.errors import AssetError
from assets.source_files import list_files


def test_files_are_listed_by_name_in_a_fixed_order(tmp_path: Path) -> None:
    for name in ("b.py", "a/z.txt", "a.txt", "ä.txt", "a/deep/er/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "empty").mkdir()
    files = list_files(tmp_path)
    assert list(files) == ["a.txt", "a/deep/er/x", "a/z.txt", "b.py", "ä.txt"]
    assert files["a/z.txt"].path == tmp_path / "a/z.txt"


@pytest.mark.parametrize(
    "name",
    [
        ".env",
        ".git/config",
        "__pycache__/model.cpython-311.pyc",
        "pkg/__pycache__/x.pyc",
        "model.pyc",
        "model.py~",
        ".model.py.swp",
        "#model.py#",
        "x.egg-info/PKG-INFO",
        "Thumbs.db",
        "venv/pyvenv.cfg",
        "venv/lib/x.py",
    ],
)
def test_dotfiles_caches_and_editors_files_are_not_looked_at(tmp_path: Path, name: str) -> None:
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv/pyvenv.cfg").touch()
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()
    (tmp_path / "model.py").touch()
    assert list(list_files(tmp_path)) == ["model.py"]


def test_a_link_inside_the_folder_stands_for_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt").symlink_to("a.txt")
    assert list_files(tmp_path)["b.txt"].path == tmp_path / "a.txt"


def test_a_link_between_models_of_the_checkout_stands_for_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout, "MODEL_CODE", tmp_path / "model_code")
    for name in ("one", "other"):
        (tmp_path / "model_code" / name).mkdir(parents=True)
    (tmp_path / "model_code/one/shared.py").write_text("SHARED = 1")
    (tmp_path / "model_code/other/layers.py").symlink_to("../one/shared.py")
    (tmp_path / "outside.py").touch()
    found = list_files(tmp_path / "model_code/other")
    assert {name: file.path for name, file in found.items()} == {
        "layers.py": tmp_path / "model_code/one/shared.py"
    }
    (tmp_path / "model_code/other/outside.py").symlink_to("../../outside.py")
    with pytest.raises(AssetError, match="outside the model folder"):
        list_files(tmp_path / "model_code/other")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("../outside.txt", r"model/link: links to .*outside\.txt, outside the model folder\. Put a copy of"),
        ("/etc/passwd", r"model/link: links to /etc/passwd, outside the model folder"),
        ("folder", r"model/link: is a link to no plain file, which a tarball cannot carry\."),
        ("missing", r"model/link: is a link to no plain file"),
        ("link", r"model/link: is a link to no plain file"),
    ],
)
def test_links_that_a_tarball_cannot_carry(tmp_path: Path, target: str, message: str) -> None:
    (tmp_path / "outside.txt").touch()
    folder = tmp_path / "model"
    (folder / "folder").mkdir(parents=True)
    (folder / "link").symlink_to(target)
    with pytest.raises(AssetError, match=message):
        list_files(folder)


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AssetError, match=r"pipe: is no plain file, which a tarball cannot carry\. Remove it"):
        list_files(tmp_path)


def test_a_name_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    if subprocess.run(["touch", os.fsencode(tmp_path) + b"/\xff.txt"], check=False).returncode:
        pytest.skip("this file system takes UTF-8 names only")
    with pytest.raises(AssetError, match=r"the file name '.*\.txt' is not UTF-8\. Rename the file\.$"):
        list_files(tmp_path)
