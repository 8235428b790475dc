"""docs/systems.md: every test that it names is there, and no claim is without something that shows it."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.checkout import MODEL_CODE, ROOT

PAGE = ROOT / "docs" / "systems.md"
PAGES = [PAGE, *sorted((ROOT / "docs" / "systems").glob("*.md"))]
SYSTEMS = ("linear", "synpg", "cifar10", "resnet50", "sdk_defaults")
LETTER = re.compile(r"`([A-Z])`\s+is\s+`(tests/[^`]+\.py)`")
CITED = re.compile(r"`(tests/[^`:]+\.py|[A-Z])((?:::\w+)*)`")
PROOF = re.compile(r"`[^`]+`|\]\(|the same tests?\b")


def sections(page: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Each section's text with the files that its letters stand for; the first one's hold for all."""
    first, *others = re.split(r"^## ", page.read_text(), flags=re.MULTILINE)
    letters = dict(LETTER.findall(first))
    yield first, letters
    for text in others:
        yield text, letters | dict(LETTER.findall(text))


def citations(page: Path) -> list[tuple[str, str]]:
    """The files that a page names, each with a name in it, or with an empty one for the whole file."""
    return [
        (letters.get(file, file), name.removeprefix("::"))
        for text, letters in sections(page)
        for file, name in CITED.findall(LETTER.sub("", text))
    ]


@functools.cache
def names(file: Path) -> frozenset[str]:
    """The classes, the tests and the methods of a file; a method both alone and after its class."""
    found: set[str] = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = {method.name for method in node.body if isinstance(method, ast.FunctionDef)}
            found |= {node.name, *methods, *(f"{node.name}::{method}" for method in methods)}
    return frozenset(found)


def rows(text: str) -> list[list[str]]:
    """The cells of the tables' rows, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if "Shown by" not in line]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_is_named_is_there(page: Path) -> None:
    cited = citations(page)
    assert len(cited) > 10
    missing = [f"{file}::{name}" for file, name in cited if not (ROOT / file).is_file()]
    missing += [
        f"{file}::{name}"
        for file, name in cited
        if name and (ROOT / file).is_file() and name not in names(ROOT / file)
    ]
    assert missing == []


def test_a_name_that_is_not_there_is_found_out(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("`S` is `tests/unit/test_systems_page.py`.\n\n## one\n\n| a | `S::test_that_nobody_wrote` |\n")
    [(file, name)] = citations(page)
    assert (file, name) == ("tests/unit/test_systems_page.py", "test_that_nobody_wrote")
    assert name not in names(ROOT / file)
    assert "test_a_name_that_is_not_there_is_found_out" in names(ROOT / file)


def test_the_table_at_the_top_has_every_system_with_its_section_and_its_demo() -> None:
    (top, _), *parts = sections(PAGE)
    table = [row for row in rows(top) if not row[0].startswith("Document")]
    assert tuple(row[1].split("`")[1] for row in table) == SYSTEMS
    assert tuple(text.splitlines()[0] for text, _ in parts) == SYSTEMS
    for system, row in zip(SYSTEMS, table, strict=True):
        assert f"](#{system})" in row[0]
        assert (MODEL_CODE / system / "README.md").is_file()
        assert "make demo" in row[4]


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_claim_has_something_that_shows_it(system: str) -> None:
    [text] = [text for text, _ in sections(PAGE) if text.startswith(f"{system}\n")]
    claims = rows(text)
    assert len(claims) >= 15
    assert [claim for claim, shown, *_ in claims if not PROOF.search(shown)] == []
