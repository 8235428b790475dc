"""What is so of a way to host stands on its settings class, and the rest of stacks/ asks for it there."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.checkout import ROOT
from stacks.settings.hosting import default_min_capacity, excludes, hosting_types, hosting_ways, way_of

STACKS = ROOT / "stacks"
OF_HOSTING = [STACKS / "hosting", STACKS / "settings" / "hosting", STACKS / "rules"]


def compared_with(path: Path) -> Iterator[object]:
    """The literals that a module compares something with."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                yield from (leaf.value for leaf in ast.walk(side) if isinstance(leaf, ast.Constant))
        elif isinstance(node, ast.MatchValue) and isinstance(node.value, ast.Constant):
            yield node.value.value


@pytest.mark.parametrize(
    "path",
    [path for path in STACKS.rglob("*.py") if not any(path.is_relative_to(folder) for folder in OF_HOSTING)],
    ids=lambda path: str(path.relative_to(STACKS)),
)
def test_nothing_beside_the_hosting_folders_compares_with_a_hosting_type(path: Path) -> None:
    assert not set(compared_with(path)) & set(hosting_types())


def test_the_ways_are_told_apart_by_what_they_are() -> None:
    assert hosting_types() == ("serverless", "real-time", "async")
    assert [name for name, way in hosting_ways().items() if way.has_instances] == ["real-time", "async"]
    assert [name for name, way in hosting_ways().items() if way.has_queue] == ["async"]
    assert [name for name, way in hosting_ways().items() if way.is_watched] == ["real-time"]
    assert [name for name in hosting_types() if excludes(name, "shadow")] == ["serverless", "async"]
    assert [name for name in hosting_types() if excludes(name, "data_capture")] == ["serverless"]


def test_only_a_queue_scales_to_zero_by_default() -> None:
    assert {name: default_min_capacity(name) for name in hosting_types()} == {
        "serverless": 1,
        "real-time": 1,
        "async": 0,
    }


def test_a_type_that_there_is_not_is_passed_over() -> None:
    assert way_of("batch") is None
    assert not excludes("batch", "network")
    assert default_min_capacity("batch") == 1
