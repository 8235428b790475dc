"""YAML that no one writes on purpose: one line, with file and, where it has one, line; never a traceback."""

import re
from pathlib import Path

import pytest

from assets.errors import AssetError
from assets.yaml_file import read_mapping


@pytest.mark.usefixtures("pythons_own_recursion_limit")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 3000, ": not valid YAML: it is nested too deeply."),
        ("- " * 300_000, ": not valid YAML: it is nested too deeply."),
        ("[" * 20_000 + "]" * 20_000, ": not valid YAML: it is nested too deeply."),
        ("b: 1\na: !!timestamp x\n", ", line 2: not valid YAML: 'x' is no timestamp."),
        ("a: 2024-13-45\n", ", line 1: not valid YAML: '2024-13-45' is no timestamp."),
        ("a: !!int ''\n", ", line 1: not valid YAML: '' is no int."),
        ("a: !!bool x\n", ", line 1: not valid YAML: 'x' is no bool."),
        ("b:\n  {[a]: 1}\n", ", line 2: not valid YAML: found unhashable key."),
        ("a: !!python/name:os.system x\n", ", line 1: not valid YAML: could not determine a constructor"),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", ", line 4: not valid YAML: the key c stands here again."),
    ],
    ids=lambda value: value[:25],
)
def test_what_cannot_be_read_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text)
    with pytest.raises(AssetError, match=rf"^{re.escape(f'{file}{message}')}[^\n]*$"):
        read_mapping(file)


def test_a_number_of_very_many_digits_is_shortened(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: " + "9" * 5000)
    with pytest.raises(AssetError, match=r", line 1: not valid YAML: '9+\.\.\.9+' is no int\.$"):
        read_mapping(file)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"a: \xff\n")
    with pytest.raises(AssetError, match=r"a\.yaml.*: not valid YAML: [^\n]+$"):
        read_mapping(file)


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r": cannot be read: Is a directory\.$"):
        read_mapping(tmp_path)


def test_a_merged_key_may_be_written_over(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: &a {x: 1, y: 1}\nb: {c: &c {<<: *a, x: 2}}\nd: {<<: *c, y: 3}\n")
    assert read_mapping(file) == {"a": {"x": 1, "y": 1}, "b": {"c": {"x": 2, "y": 1}}, "d": {"x": 2, "y": 3}}
