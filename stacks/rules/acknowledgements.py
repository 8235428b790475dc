"""Findings that somebody took back: each needs a written reason, and a rule that exists.

The CDK itself leaves acknowledged findings out, whatever is written as the reason.
"""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from assets.nearest import did_you_mean
from stacks.rules.assembly import StackFiles
from stacks.rules.registry import rules

if TYPE_CHECKING:
    import aws_cdk as cdk
    from constructs import IConstruct

# Validations.ACKNOWLEDGED_RULES_METADATA_KEY of the AWS CDK; its value is a dictionary of ids and reasons.
_METADATA = "aws:cdk:acknowledged-rules"


class Refusal(NamedTuple):
    """An acknowledgement that does not count.

    Parameters
    ----------
    rule_id
        What it acknowledges.
    construct_path
        Where.
    fatal
        Whether synth stops.
    what, mend
        What is wrong, and how to mend it.
    """

    rule_id: str
    construct_path: str
    fatal: bool
    what: str
    mend: str


def refusals(
    context: "cdk.IPolicyValidationContext", stacks: list[StackFiles], namespace: str
) -> Iterator[Refusal]:
    """Yield the acknowledgements of our rules that do not count.

    Parameters
    ----------
    context
        Of the validation: app and stages have their acknowledgements there, stacks in their files.
    stacks
        Of the assembly.
    namespace
        What stands before `::` in the ids of our rules.
    """
    known = [rule.id for rule in rules()]
    for construct_path, acknowledged in (*_of_stacks(stacks, namespace), *_of_stages(context, stacks)):
        for qualified, reason in acknowledged.items():
            plugin, _, rule_id = qualified.partition("::")
            if plugin != namespace:
                continue
            if rule_id not in known:
                hint = did_you_mean(rule_id, known)
                what = f"{rule_id} is acknowledged, and no rule has this id"
                yield Refusal(rule_id, construct_path, False, what, f"See docs/rules.md for the ids{hint}")
            elif not str(reason).strip():
                what = f"{rule_id} is acknowledged without a reason"
                yield Refusal(
                    rule_id, construct_path, True, what, "Write down why the finding does not matter here."
                )


def _of_stacks(stacks: list[StackFiles], namespace: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for stack in stacks:
        content = stack.metadata.read_bytes() if stack.metadata and stack.metadata.is_file() else b""
        # Most stacks acknowledge nothing; their metadata need not be parsed.
        if f"{namespace}::".encode() in content:
            for construct_path, entries in json.loads(content).items():
                for entry in entries:
                    if entry.get("type") == _METADATA:
                        yield construct_path.lstrip("/"), entry["data"]


def _of_stages(
    context: "cdk.IPolicyValidationContext", stacks: list[StackFiles]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    app = context.app_construct
    stages: dict[str, IConstruct] = {app.node.path: app}
    # Stacks in a stage of their own lie in a folder of their own.
    if len({stack.template.parent for stack in stacks}) > 1:
        for stack in context.stack_templates:
            construct: Any = app
            for name in stack.stack_construct_path.split("/")[:-1]:
                construct = construct and construct.node.try_find_child(name)
                if construct is not None:
                    stages[construct.node.path] = construct
    for construct_path, stage in stages.items():
        for entry in stage.node.metadata:
            if entry.type == _METADATA:
                yield construct_path, entry.data
