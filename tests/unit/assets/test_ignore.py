from pathlib import Path

import pytest

from assets.contents import code_files
from assets.ignore import covers, leads_to
from assets.python_imports import Imports
from assets.source_files import list_files


@pytest.mark.parametrize(
    ("name", "pattern", "covered"),
    [
        ("a.log", "*.log", True),
        ("deep/er/a.log", "*.log", True),
        ("logs/a.txt", "logs", True),
        ("logs/a.txt", "logs/", True),
        ("deep/logs/a.txt", "logs", True),
        ("deep/logs/a.txt", "deep/logs", True),
        ("deep/logs/a.txt", "/deep", True),
        ("more/deep/a.txt", "/deep", False),
        ("deep/logs/a.txt", "logs/a.txt", False),
        ("deep/logs/a.txt", "deep/*.txt", False),
        ("deep/logs/a.txt", "*/*/?.txt", True),
        ("logs", "*.log", False),
        ("a.LOG", "*.log", False),
        ("x[1].txt", "x[[]1].txt", True),
    ],
)
def test_what_a_pattern_covers(name: str, pattern: str, covered: bool) -> None:
    assert covers(name, ["nothing-like-it", pattern]) is covered


def test_a_path_leads_through_the_folders_above_it() -> None:
    assert leads_to(".config", [".config/a/b.json"])
    assert leads_to(".config/a", [".config/*/b.json"])
    assert not leads_to(".config/a/b.json", [".config/a/b.json"])
    assert not leads_to(".config", ["b.json", ".config", ".cache/b"])


@pytest.mark.parametrize(
    ("include", "listed"),
    [
        ([], {"model.py"}),
        ([".env"], {"model.py", ".env"}),
        ([".config"], {"model.py", ".config/a.json", ".config/b/c.json"}),
        ([".config/a.json"], {"model.py", ".config/a.json"}),
        ([".config/b"], {"model.py", ".config/b/c.json"}),
        ([".config/*/*.json"], {"model.py", ".config/b/c.json"}),
        ([".*"], {"model.py", ".env", ".config/a.json", ".config/b/c.json"}),
    ],
)
def test_what_is_included_is_listed_in_spite_of_its_name(
    tmp_path: Path, include: list[str], listed: set[str]
) -> None:
    names = ("model.py", ".env", ".config/a.json", ".config/b/c.json", ".config/b/__pycache__/d.pyc")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert set(list_files(tmp_path, include)) == listed


NAMES = (
    "README.md",
    "__init__.py",
    "data/a.csv",
    "data/b.csv",
    "inference.py",
    "tests/a.json",
    "w.pt2",
    "util.py",
)


def test_model_yaml_leaves_out_and_takes_in() -> None:
    handler = Imports(files=frozenset({"inference.py", "util.py"}))
    assert code_files(NAMES, handler, ignore=["*.csv", "util.py"], include=["data/b.csv", "tests", "README*"]) == [
        "README.md",
        "data/b.csv",
        "inference.py",
        "tests/a.json",
        "util.py",
    ]


def test_neither_makes_code_a_package_nor_packs_a_file_twice() -> None:
    packed = code_files([*NAMES, "model.pt"], Imports(), elsewhere={"data/a.csv"}, include=["*"])
    assert not {"__init__.py", "model.pt", "data/a.csv"} & set(packed)
    assert "w.pt2" in packed
