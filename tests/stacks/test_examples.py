"""Every file of environments/examples/ is current: it fits the schema, synthesizes, and is valid for cfn-lint."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from assets.checkout import ROOT
from stacks.settings.schema import SCHEMA

from .examples import EXAMPLES, NAMES

Synthesize = Callable[..., Any]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_names_the_schema_and_fits_it(name: str) -> None:
    text = (EXAMPLES / f"{name}.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=../schema.json\n")
    jsonschema.validate(yaml.safe_load(text), json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_in_the_documentation(name: str) -> None:
    pages = [(ROOT / "docs" / page).read_text() for page in ("hosting.md", "containers.md", "github.md")]
    assert any(f"environments/examples/{name}.yaml" in page for page in pages)


def test_cfn_lint_finds_nothing_in_any_example(synthesize: Synthesize) -> None:
    assemblies = [synthesize(name, (EXAMPLES / f"{name}.yaml").read_text()) for name in NAMES]
    templates = [str(path) for each in assemblies for path in sorted(Path(each.directory).glob("*.template.json"))]
    assert len(templates) >= 2 * len(NAMES)
    command = [Path(sys.executable).parent / "cfn-lint", *templates]
    lint = subprocess.run(command, capture_output=True, text=True, check=False)
    assert lint.returncode == 0, lint.stdout
