"""Writes environments/schema.json, by which editors check and complete environments/*.yaml.

Run `python -m stacks.settings.schema` after a change of the settings classes.
"""

import json
from typing import Any

from stacks.settings.environment_files import ENVIRONMENTS
from stacks.settings.models import EnvironmentSettings

SCHEMA = ENVIRONMENTS / "schema.json"
"""The generated file."""


def render() -> str:
    """Return the JSON schema of an environment's file."""
    schema: dict[str, Any] = EnvironmentSettings.model_json_schema()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the schema."""
    SCHEMA.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
