"""An environment as a Mermaid flowchart, with what changes marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slipway.review.assembly import Stack
from slipway.review.changes import Effect
from slipway.review.escape import mermaid_label
from slipway.review.intrinsics import plain, references
from slipway.review.report import EnvironmentReview

_MOST_NODES = 40
"""A chart of more can be read no longer; what changes comes first."""

_MINOR = ("AWS::CloudWatch::Alarm", "AWS::SSM::Parameter", "AWS::S3::BucketPolicy", "Custom::")
"""Types that are shown only where they change, or where there is room."""

_CLASSES: Mapping[Effect, str] = {
    "added": "added",
    "updated": "updated",
    "replaced": "replaced",
    "may be replaced": "replaced",
    "deleted": "deleted",
    "may be deleted": "deleted",
}
_STYLES = (
    "classDef added fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
    "classDef updated fill:#fff8c5,stroke:#9a6700,color:#1f2328",
    "classDef replaced fill:#ffebe9,stroke:#cf222e,stroke-width:3px,color:#1f2328",
    "classDef deleted fill:#ffebe9,stroke:#cf222e,stroke-dasharray:4,color:#1f2328",
)


@dataclass(frozen=True)
class _Node:
    stack: str
    logical_id: str
    type: str
    effect: Effect | None
    refers_to: frozenset[str]


def mermaid(review: EnvironmentReview) -> list[str]:
    """Return the lines of a flowchart of an environment; none where it has no resources."""
    everything = list(_nodes(review))
    chosen = sorted(everything, key=_importance)[:_MOST_NODES]
    if not chosen:
        return []
    nodes = [node for node in everything if node in chosen]
    names = {(node.stack, node.logical_id): f"n{number}" for number, node in enumerate(nodes)}
    lines = ["flowchart LR"]
    for number, stack in enumerate(dict.fromkeys(node.stack for node in nodes)):
        lines.append(f'  subgraph s{number}["{mermaid_label(stack)}"]')
        inside = (each for each in nodes if each.stack == stack)
        lines += [f"    {_drawn(node, names[node.stack, node.logical_id])}" for node in inside]
        lines.append("  end")
    lines += [f"  {edge}" for edge in _edges(nodes, names)]
    if len(everything) > len(nodes):
        lines.append(f'  more["and {len(everything) - len(nodes)} more that are not drawn"]')
    return [*lines, *(f"  {style}" for style in _STYLES)]


def _nodes(review: EnvironmentReview) -> Iterator[_Node]:
    old, new = review.sides
    effects = {
        (stack.name, change.logical_id): change.effect for stack in review.stacks for change in stack.resources
    }
    for name in {**new, **old}:
        before, after = _resources(old.get(name)), _resources(new.get(name))
        for key in {**after, **{key: None for key in before if (name, key) in effects or name not in new}}:
            resource = after.get(key) or before[key]
            named = frozenset(references(resource.get("Properties", {}))) | frozenset(_waits_for(resource))
            yield _Node(name, key, resource["Type"], effects.get((name, key)), named)


def _resources(stack: Stack | None) -> Mapping[str, Mapping[str, Any]]:
    return stack.resources if stack else {}


def _waits_for(resource: Mapping[str, Any]) -> Sequence[str]:
    waits = resource.get("DependsOn", [])
    return [str(each) for each in waits] if isinstance(waits, list) else [str(waits)]


def _importance(node: _Node) -> tuple[bool, bool]:
    return node.effect is None, node.type.startswith(_MINOR)


def _drawn(node: _Node, name: str) -> str:
    service = node.type.replace("AWS::", "").replace("::", " ")
    parts = [mermaid_label(plain(node.logical_id)), mermaid_label(service)]
    if node.effect is None:
        return f'{name}["{"<br/>".join(parts)}"]'
    return f'{name}["{"<br/>".join([*parts, node.effect])}"]:::{_CLASSES[node.effect]}'


def _edges(nodes: Sequence[_Node], names: Mapping[tuple[str, str], str]) -> Iterator[str]:
    for node in nodes:
        for other in sorted(node.refers_to):
            if (node.stack, other) in names and other != node.logical_id:
                yield f"{names[node.stack, node.logical_id]} --> {names[node.stack, other]}"
