"""What SageMaker would refuse of the update from one state of an endpoint to the next."""

from __future__ import annotations

from slipway.review.assembly import Assembly
from slipway.review.findings import Finding
from slipway.review.property_diff import same

_HOSTED = frozenset({"AWS::SageMaker::Endpoint", "AWS::SageMaker::EndpointConfig"})
_TOOL = "SageMakerRules"


def update_findings(old: Assembly, new: Assembly) -> list[Finding]:
    """Judge the head's templates as updates of the base's, by the rules that compare the two.

    Parameters
    ----------
    old, new
        Of base and head.
    """
    if old.folder is None or not _is_update(old, new):
        return []
    # The rules bring the CDK along, which starts Node.
    from stacks.rules.assembly import read_deployed, read_templates, stack_files  # noqa: PLC0415
    from stacks.rules.findings import findings  # noqa: PLC0415

    stacks = stack_files([stack.path for stack in new.stacks.values()])
    templates = read_templates(stacks)
    alone = {(each.rule.id, each.description) for each in findings(templates)}
    return [
        Finding(_TOOL, each.rule.severity, each.rule.id, each.problem.node.resource.logical_id, each.description)
        for each in findings(templates, read_deployed(old.folder, stacks))
        if (each.rule.id, each.description) not in alone
    ]


def _is_update(old: Assembly, new: Assembly) -> bool:
    """Whether an endpoint or its config differs, of a stack that both have."""
    return any(
        resource.get("Type") in _HOSTED
        and not same(resource.get("Properties"), before.resources.get(key, {}).get("Properties"))
        for name, after in new.stacks.items()
        if (before := old.stacks.get(name)) and before.place == after.place
        for key, resource in after.resources.items()
    )
