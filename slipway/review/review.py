"""The whole of a review: both sides synthesized, compared, judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from assets import checkout
from assets.nearest import did_you_mean
from slipway.errors import CommandError
from slipway.review.assembly import NOTHING, Assembly, Stack, read_assembly
from slipway.review.compare import compare
from slipway.review.cost import CostChange, environment_cost
from slipway.review.findings import Finding, lint, missing_tools, new_findings, reported_findings
from slipway.review.gates import FailOn, judge
from slipway.review.git import revisions, share_state, write_files
from slipway.review.report import EnvironmentReview, Presence, Review
from slipway.review.scratch import scratch_folder
from slipway.review.synthesis import Failures, Side, synthesize
from slipway.review.update_findings import update_findings
from stacks.names import is_part
from stacks.settings import environment_names

_ENVIRONMENTS = "environments"

Progress = Callable[[str], None]


def make_review(base_ref: str, chosen: Sequence[str], fail_on: FailOn, progress: Progress) -> Review:
    """Compare the working tree of this checkout with a commit.

    Parameters
    ----------
    base_ref
        What to compare with; the commit is the one where the head left it.
    chosen
        The environments; all when empty.
    fail_on
        The gates.
    progress
        Hears of each step.

    Raises
    ------
    CommandError
        There is no such commit or environment, or the checkout is not set up.
    """
    root = checkout.ROOT
    compared = revisions(root, base_ref)
    with scratch_folder(checkout.STATE / "review") as folder:
        tree = write_files(root, compared.base, folder / "tree", folder / "index")
        share_state(checkout.STATE, tree)
        names = _chosen([tree, root], chosen)
        sides = [_side("base", tree, names, folder), _side("head", root, names, folder)]
        failures = synthesize(sides, progress)
        progress("comparing")
        found = [_compared(name, sides, failures) for name in names]
        judged = _with_lint(found, progress)
    holding, unjudged = judge(judged, fail_on)
    return Review(compared, tuple(judged), tuple(holding), tuple(unjudged), missing_tools())


def _chosen(trees: Sequence[Path], chosen: Sequence[str]) -> list[str]:
    names = sorted({name for tree in trees for name in environment_names(tree / _ENVIRONMENTS) if is_part(name)})
    for name in chosen:
        if name not in names:
            listed = ", ".join(names) or "none"
            raise CommandError(
                f"--env: neither side has an environment {name!r}; there are: {listed}{did_you_mean(name, names)}"
            )
    return list(dict.fromkeys(chosen)) or names


def _side(name: str, tree: Path, environments: Sequence[str], folder: Path) -> Side:
    has = environment_names(tree / _ENVIRONMENTS)
    return Side(name, tree, [each for each in environments if each in has], folder / name)


def _compared(name: str, sides: Sequence[Side], failures: Sequence[Failures]) -> EnvironmentReview:
    base, head = sides
    failed = {side.name: found[name] for side, found in zip(sides, failures, strict=True) if name in found}
    presence = _presence(name, base, head)
    if failed:
        return EnvironmentReview(name, presence, failed)
    old, new = (_assembly(side, name) for side in sides)
    before, after = (
        reported_findings(assembly, side.tree) for assembly, side in zip((old, new), sides, strict=True)
    )
    cost = CostChange(
        *(
            environment_cost(name, side.tree / _ENVIRONMENTS, assembly)
            for side, assembly in zip(sides, (old, new), strict=True)
        )
    )
    found = (*new_findings(before, after), *update_findings(old, new))
    return replace(compare(name, old, new), presence=presence, findings=found, cost=cost)


def _presence(name: str, base: Side, head: Side) -> Presence:
    if name in base.environments and name in head.environments:
        return "both"
    return "added" if name in head.environments else "removed"


def _assembly(side: Side, name: str) -> Assembly:
    return read_assembly(side.assembly(name)) if name in side.environments else NOTHING


def _with_lint(reviews: Sequence[EnvironmentReview], progress: Progress) -> list[EnvironmentReview]:
    """Add what cfn-lint finds in the templates that change; it is started once for each side."""
    changed = {(each.name, stack.name) for each in reviews for stack in each.stacks if stack.presence != "removed"}
    if changed and "cfn-lint" not in missing_tools():
        progress("running cfn-lint")
    old, new = (_linted(reviews, side, changed) for side in (0, 1))
    return [
        replace(each, findings=(*each.findings, *new_findings(old.get(each.name, []), new.get(each.name, []))))
        for each in reviews
    ]


def _linted(
    reviews: Sequence[EnvironmentReview], side: int, changed: set[tuple[str, str]]
) -> dict[str, list[Finding]]:
    stacks: list[tuple[str, Stack]] = [
        (each.name, stack)
        for each in reviews
        for stack in each.sides[side].values()
        if (each.name, stack.name) in changed
    ]
    found: dict[str, list[Finding]] = {}
    names = [f"{environment}/{stack.name}" for environment, stack in stacks]
    for finding in lint([stack.path for _, stack in stacks], names):
        environment, _, where = finding.where.partition("/")
        found.setdefault(environment, []).append(replace(finding, where=where))
    return found
