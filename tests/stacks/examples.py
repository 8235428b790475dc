"""The files of environments/examples/, and what their execution roles may do."""

import json
import re
from pathlib import Path
from typing import Any

from stacks.settings import ENVIRONMENTS

EXAMPLES = ENVIRONMENTS / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))
STATEMENTS = Path(__file__).with_name("statements_of_examples.json")

Statement = dict[str, Any]


def role_statements(template: Any) -> list[Statement]:
    """The statements of the execution role's policy, with an ARN in place of each reference."""
    policy = template.only("AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    resolved: list[Statement] = _resolved(policy)
    return resolved


def recorded_statements() -> dict[str, dict[str, list[Statement]]]:
    """The statements of each example's endpoints, as they were reviewed."""
    recorded: dict[str, dict[str, list[Statement]]] = json.loads(STATEMENTS.read_text())
    return recorded


def record_statements(example: str, statements: dict[str, list[Statement]]) -> None:
    """Write an example's statements beside the others', without those of examples that are gone."""
    recorded = {**recorded_statements(), example: statements}
    kept = {name: recorded[name] for name in sorted(recorded) if name in NAMES}
    STATEMENTS.write_text(json.dumps(kept, indent=1) + "\n")


def values(value: Any) -> list[Any]:
    """What IAM writes as one value or as a list."""
    return value if isinstance(value, list) else [value]


def _resolved(value: Any) -> Any:
    if isinstance(value, list):
        return [_resolved(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Fn::GetAtt"}:
        return f"arn:aws:made:us-east-1:000000000000:{_plain(value['Fn::GetAtt'][0])}"
    if value.keys() == {"Ref"}:
        return f"arn:aws:made:us-east-1:000000000000:{_plain(value['Ref'])}"
    if value.keys() == {"Fn::Join"}:
        separator, parts = value["Fn::Join"]
        return str(separator).join(_resolved(parts))
    return {key: _resolved(item) for key, item in value.items()}


def _plain(logical_id: str) -> str:
    """A logical id without the CDK's hash."""
    return re.sub(r"[0-9A-F]{8}$|[0-9A-F]{32}Parameter$", "", logical_id)
