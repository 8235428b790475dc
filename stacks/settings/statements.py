"""`additional_statements`: what else a model's code may do in AWS."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from assets.mistakes import Mistake
from stacks.settings_common.base import SettingsModel

_SID = r"[A-Za-z0-9]{1,64}"  # AWS IAM User Guide, "IAM JSON policy elements: Sid"
_ACTION = r"[a-z0-9-]+:[A-Za-z0-9*?]+"
_RESOURCE = r"\*|arn:aws[a-z-]*:[a-z0-9*-]*:[a-z0-9*-]*:[0-9*]*:.+"


# These services' resources begin with a name, others' with a type (AWS Service Authorization Reference).
_NAME_FIRST = re.compile(r"arn:aws[a-z-]*:(s3::|execute-api:)")
_PARTS_BEFORE_NAME = 5  # of an ARN; the name itself may hold colons (AWS IAM User Guide, "Amazon Resource Names")


def _sid(value: str) -> str:
    if re.fullmatch(_SID, value):
        return value
    raise ValueError(f"{value!r} is not a statement's id; allowed: up to 64 letters and digits, as in ReadRows")


def _actions(value: list[str]) -> list[str]:
    if not value:
        raise ValueError("is empty; name the actions, as in s3:GetObject")
    for action in value:
        if action == "*":
            raise ValueError("'*' is every action of AWS, which no model needs; name them, as in s3:GetObject")
        if not re.fullmatch(_ACTION, action):
            raise ValueError(f"{action!r} is not an action, as in s3:GetObject")
    return value


def _resources(value: list[str]) -> list[str]:
    if not value:
        raise ValueError("is empty; name the resources by ARN")
    for resource in value:
        if not re.fullmatch(_RESOURCE, resource):
            raise ValueError(f"{resource!r} is neither an ARN, as in arn:aws:s3:::bucket/prefix/*, nor '*'")
    return value


def _reason(value: str, info: ValidationInfo) -> str:
    actions, resources = info.data.get("actions"), info.data.get("resources")
    if actions is None or resources is None or value.strip():  # None where that is a mistake itself
        return value
    wide = next((action for action in actions if "*" in action or "?" in action), None)
    if wide is not None:
        raise ValueError(f"is missing; say why the action {wide!r} is not named more exactly")
    every = next((resource for resource in resources if _is_every(resource)), None)
    if every is not None:
        raise ValueError(f"is missing; say why the resource {every!r} is not named more exactly")
    return value


def _is_every(resource: str) -> bool:
    """Whether a resource is every one, every one of a service, or every one of a type: it names none."""
    named = resource.split(":", _PARTS_BEFORE_NAME)[-1]
    if not _NAME_FIRST.match(resource):
        named = re.split("[:/]", named, maxsplit=1)[-1]
    return not any(character.isalnum() for character in named)


class AdditionalStatement(SettingsModel):
    """One statement of the execution role's policy, which allows."""

    sid: Annotated[str, AfterValidator(_sid), Field(json_schema_extra={"pattern": f"^{_SID}$"})]
    """The statement's id, under which reviews show it."""

    actions: Annotated[list[str], AfterValidator(_actions)]
    """What the role may do, as in `s3:GetObject`."""

    resources: Annotated[list[str], AfterValidator(_resources)]
    """On what, by ARN."""

    conditions: dict[str, dict[str, str | list[str]]] = Field(default={})
    """When, as IAM writes it: operator, then key, then value or values."""

    reason: Annotated[str, AfterValidator(_reason)] = Field(default="", validate_default=True)
    """Why; required for an action with `*`, and for a resource that names none, as `*` or `arn:aws:s3:::*`."""


def statement_mistakes(
    key: str, settings: Mapping[object, object], reserved: Collection[str]
) -> Iterator[Mistake]:
    """Yield sids that stand twice, and statements for a role that the stack does not make.

    Parameters
    ----------
    key
        The endpoint's dotted key.
    settings
        Its settings as YAML has them.
    reserved
        The sids of Slipway's own statements.
    """
    statements = settings.get("additional_statements")
    if not isinstance(statements, list) or not statements:
        return
    if settings.get("execution_role_arn"):
        yield Mistake(
            f"{key}.additional_statements",
            "stands beside execution_role_arn; add the statements to your role, or leave that key out",
        )
    taken = dict.fromkeys(reserved, "Slipway's own statements have")
    for number, statement in enumerate(statements):
        sid = statement.get("sid") if isinstance(statement, Mapping) else None
        if not isinstance(sid, str):
            continue
        if sid in taken:
            problem = f"{taken[sid]} {sid!r} already; choose another"
            yield Mistake(f"{key}.additional_statements.{number}.sid", problem)
        taken[sid] = "another statement has"
