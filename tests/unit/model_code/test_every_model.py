"""Every folder of model_code/: a short README, samples with expected answers, and a server that gives them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from assets.checked_package import checked_package
from assets.checkout import MODEL_CODE, ROOT
from assets.inspection import target_of
from assets.model_folder import find_model
from assets.samples import load_samples

FOLDERS = sorted(path.parent for path in MODEL_CODE.glob("*/model.py"))
COMMITTED_BYTES = 5_000_000
README_LINES = 40

each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def test_every_folder_is_a_model() -> None:
    assert {path for path in MODEL_CODE.iterdir() if any(path.glob("*.py"))} == set(FOLDERS)
    assert len(FOLDERS) >= 6


@each_folder
def test_its_readme_is_short(folder: Path) -> None:
    lines = (folder / "README.md").read_text().splitlines()
    assert lines[0] == f"# {folder.name}"
    assert 5 < len(lines) <= README_LINES


@each_folder
def test_its_samples_say_what_they_expect(folder: Path) -> None:
    samples = load_samples(find_model(folder.name))
    assert samples
    assert [sample.name for sample in samples if sample.expected is None] == []


@pytest.mark.timeout(600)  # two of them export and load 100 MB
@each_folder
def test_its_package_is_inspected_and_answers_its_samples(folder: Path) -> None:
    model = find_model(folder.name)

    [report] = checked_package(model, [target_of("slim")]).reports

    assert {sample.name for sample in report.samples if sample.ok} == {one.name for one in load_samples(model)}


def test_nothing_large_is_committed() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listed.split("\0") if (ROOT / name).is_file()]
    assert FOLDERS[0] / "model.py" in files
    assert [file for file in files if file.stat().st_size > COMMITTED_BYTES] == []
