"""What is so of a way to host stands on its settings class, and the rest of stacks/ asks for it there."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.checkout import ROOT
from stacks.hosting import excludes, hosting_types, hosting_ways, way_of

STACKS = ROOT / "stacks"
OF_HOSTING = [STACKS / "hosting", STACKS / "rules"]
FACADE = STACKS / "settings" / "__init__.py"
BESIDE = [path for path in sorted(STACKS.rglob("*.py")) if not any(map(path.is_relative_to, OF_HOSTING))]


def compared_with(path: Path) -> Iterator[object]:
    """The literals that a module compares something with."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                yield from (leaf.value for leaf in ast.walk(side) if isinstance(leaf, ast.Constant))
        elif isinstance(node, ast.MatchValue) and isinstance(node.value, ast.Constant):
            yield node.value.value


def named_in(path: Path) -> set[str]:
    """The names that a module's code mentions, and the modules that it imports from."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    imported = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    return names | imported | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def folders() -> dict[str, str]:
    """The package of each way, by the name of its settings class."""
    return {way.__name__: way.__module__.removesuffix(".settings") for way in hosting_ways().values()}


@pytest.mark.parametrize("path", BESIDE, ids=lambda path: str(path.relative_to(STACKS)))
def test_nothing_beside_the_hosting_folders_compares_with_a_hosting_type(path: Path) -> None:
    assert not set(compared_with(path)) & set(hosting_types())


@pytest.mark.parametrize(
    "path", [path for path in BESIDE if path != FACADE], ids=lambda path: str(path.relative_to(STACKS))
)
def test_nothing_beside_the_hosting_folders_knows_one_way(path: Path) -> None:
    assert not named_in(path) & folders().keys()
    assert not [name for name in named_in(path) if name.startswith(tuple(folders().values()))]


def test_each_way_has_a_folder_of_its_own_which_no_other_knows() -> None:
    assert len(set(folders().values())) == len(hosting_ways())
    for own in folders().values():
        folder = ROOT / Path(*own.split("."))
        assert folder.parent == STACKS / "hosting"
        others = tuple(other for other in folders().values() if other != own)
        for path in folder.rglob("*.py"):
            assert not [name for name in named_in(path) if name.startswith(others)], path


@pytest.mark.parametrize("first", ["stacks.hosting", "stacks.settings", "stacks.role_statements"])
def test_settings_are_read_without_the_cdk_whatever_is_imported_first(first: str) -> None:
    program = f"import sys, {first}, stacks.settings; print('aws_cdk' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "False\n", done.stderr


def test_the_ways_are_told_apart_by_what_they_are() -> None:
    assert hosting_types() == ("serverless", "real-time", "async")
    assert [name for name, way in hosting_ways().items() if way.has_instances] == ["real-time", "async"]
    assert [name for name, way in hosting_ways().items() if way.has_queue] == ["async"]
    assert [name for name, way in hosting_ways().items() if way.is_watched] == ["real-time"]
    assert [name for name in hosting_types() if excludes(name, "shadow")] == ["serverless", "async"]
    assert [name for name in hosting_types() if excludes(name, "data_capture")] == ["serverless"]


def test_only_a_queue_scales_to_zero_by_default() -> None:
    assert {name: way.default_min_capacity() for name, way in hosting_ways().items()} == {
        "serverless": 1,
        "real-time": 1,
        "async": 0,
    }


def test_a_type_that_there_is_not_is_passed_over() -> None:
    assert way_of("batch") is None
    assert not excludes("batch", "network")
