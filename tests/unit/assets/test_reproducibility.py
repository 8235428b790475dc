"""Two checkouts, in other folders, under other circumstances: the same digest for every model."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from assets.checkout import MODEL_CODE, ROOT

_SCRIPT = """\
import json, os, sys

os.umask(int(sys.argv[1], 8))
from assets.checkout import MODEL_CODE, ROOT
from assets.model_folder import find_model
from assets.package import package

digests = {path.name: package(find_model(path.name)).digest for path in MODEL_CODE.iterdir() if path.is_dir()}
print(json.dumps({"root": str(ROOT), "digests": digests}))
"""


def _clone(to: Path, *, mtime: int, mode: int, backwards: bool) -> Path:
    """Copy what the asset step consists of, file by file, in one order or the other."""
    files = [
        path
        for folder in (ROOT / "assets", ROOT / "serving", MODEL_CODE)
        for path in sorted(folder.rglob("*"), reverse=backwards)
        if path.is_file() and "__pycache__" not in path.parts
    ]
    for file in files:
        copy = to / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
        copy.chmod(mode)
        os.utime(copy, (mtime, mtime))
    return to


def _digests(root: Path, umask: str, **environment: str) -> dict[str, str]:
    result = subprocess.run(
        [sys.executable, "-c", _SCRIPT, umask],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    facts = json.loads(result.stdout)
    assert facts["root"] == str(root), "the copy is what runs"
    digests: dict[str, str] = facts["digests"]
    return digests


def test_the_digest_depends_on_content_alone(tmp_path: Path) -> None:
    first = _clone(tmp_path / "one", mtime=1_000_000_000, mode=0o600, backwards=False)
    second = _clone(tmp_path / "an other/ünd deeper/checkout", mtime=1_700_000_001, mode=0o777, backwards=True)
    one = _digests(first, "077", TZ="Asia/Tokyo", PYTHONHASHSEED="1", LC_ALL="C", OMP_NUM_THREADS="1")
    other = _digests(second, "000", TZ="America/Lima", PYTHONHASHSEED="2", LC_ALL="C.UTF-8", OMP_NUM_THREADS="2")
    assert "linear" in one
    assert one == other
