"""The JSON schema by which editors check the environments' files."""

import json

import jsonschema
import pytest
import yaml

from assets.checkout import ROOT
from stacks.settings import ENVIRONMENTS, environment_names
from stacks.settings.schema import SCHEMA, render


def test_the_committed_schema_is_current() -> None:
    assert SCHEMA.read_text() == render(), "run python -m stacks.settings.schema"


@pytest.mark.parametrize("name", environment_names())
def test_an_environment_names_the_schema_and_fits_it(name: str) -> None:
    text = (ENVIRONMENTS / f"{name}.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    jsonschema.validate(yaml.safe_load(text), json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize(
    "change", [{"projct": "x"}, {"account": "12"}, {"region": "moon-1"}, {"removal": "keep"}, {"name": "dev"}]
)
def test_the_schema_refuses_what_the_loader_refuses(change: dict[str, str]) -> None:
    document = yaml.safe_load((ENVIRONMENTS / "dev.yaml").read_text()) | change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json.loads(SCHEMA.read_text()))


def test_every_key_is_described() -> None:
    schema = json.loads(SCHEMA.read_text())
    for part in (schema, *schema["$defs"].values()):
        for key, described in part["properties"].items():
            assert described.get("description"), key


def test_docs_settings_lists_every_key() -> None:
    documented = (ROOT / "docs" / "settings.md").read_text()
    schema = json.loads(SCHEMA.read_text())
    for part in (schema, *schema["$defs"].values()):
        for key in part["properties"]:
            assert f"| `{key}` |" in documented or key == "type", key
