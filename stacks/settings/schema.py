"""Writes environments/schema.json, by which editors check and complete environments/*.yaml.

Run `python -m stacks.settings.schema` after a change of the settings classes.
"""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from stacks.settings.environment_files import ENVIRONMENTS
from stacks.settings.models import EnvironmentSettings
from stacks.settings_common.base import SettingsModel

SCHEMA = ENVIRONMENTS / "schema.json"
"""The generated file."""


def render() -> str:
    """Return the JSON schema of an environment's file."""
    schema: dict[str, Any] = EnvironmentSettings.model_json_schema()
    for model in _subclasses(SettingsModel):
        described = schema if model is EnvironmentSettings else schema["$defs"].get(model.__name__)
        if described:
            _describe(described["properties"], model)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _describe(properties: dict[str, Any], model: type) -> None:
    """Give each property the docstring below its attribute.

    Pydantic's `use_attribute_docstrings` reads the sources whenever a class is made, so in each synth, too.
    """
    for each in reversed(model.__mro__):
        if issubclass(each, SettingsModel):
            for name, text in _attribute_docstrings(each):
                if name in properties:
                    properties[name] = dict(sorted({**properties[name], "description": text}.items()))


def _attribute_docstrings(model: type) -> Iterator[tuple[str, str]]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    for pair in pairwise(definition.body if isinstance(definition, ast.ClassDef) else ()):
        match pair:
            case ast.AnnAssign(ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                yield name, inspect.cleandoc(text)


def _subclasses(model: type[SettingsModel]) -> Iterator[type[SettingsModel]]:
    for each in model.__subclasses__():
        yield each
        yield from _subclasses(each)


def main() -> None:
    """Write the schema."""
    SCHEMA.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
