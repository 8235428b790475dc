"""A review as Markdown for a pull request's comment: verdicts first, then each environment, details folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slipway.review.diagram import mermaid
from slipway.review.document import LIMIT, Block, fit
from slipway.review.escape import code, html_code, visible
from slipway.review.markdown_parts import (
    cost_items,
    failure_items,
    finding_items,
    given_up_items,
    hosting_items,
    model_items,
    policy_items,
    property_items,
)
from slipway.review.report import EnvironmentReview, Gate, Review, StackReview
from slipway.review.verdict import verdict

_NOTE = "_Some of it did not fit here; `slipway review --format json` has everything._"
_SHORT = 12


def to_markdown(review: Review, limit: int = LIMIT) -> str:
    """Return a review as GitHub's Markdown.

    Parameters
    ----------
    review
        What to say.
    limit
        In bytes; beyond it, what matters the least is left out, and the last line says so.
    """
    blocks = [Block(0, before=("## Slipway review", "", _compared(review), ""))]
    verdicts = tuple(f"- {code(each.name)}: {verdict(each, code, _strong)}" for each in review.environments)
    blocks.append(Block(1, items=verdicts, after=("",)))
    blocks += _missing(review.missing_tools)
    blocks += _gates("Gates that fail", review.gates)
    blocks += _gates("Gates that could not be judged", review.unjudged)
    for each in review.environments:
        if each.is_change:
            blocks += _environment(each)
    return fit(blocks, _NOTE, limit).rstrip("\n") + "\n"


def _strong(words: str) -> str:
    return f"**{words}**"


def _compared(review: Review) -> str:
    revisions = review.revisions
    base = f"{code(revisions.base[:_SHORT])} ({code(revisions.base_ref)}"
    base += ", where this branch left it)" if revisions.base_is_behind else ")"
    if not revisions.has_common_commit:
        base += ", of whose commits git has none in common with this branch,"
    head = f"the working tree on {code(revisions.head[:_SHORT])}"
    head += ", which has uncommitted changes" if revisions.dirty else ""
    return f"What changes in AWS between {base} and {head}."


def _missing(tools: Sequence[str]) -> list[Block]:
    if not tools:
        return []
    names = " and ".join(map(code, tools))
    text = f"Without the findings of {names}, which {code('pip install -r requirements-dev.txt')} installs."
    return [Block(1, before=(text, ""))]


def _gates(title: str, gates: Sequence[Gate]) -> list[Block]:
    items = tuple(f"- {code(gate.name)} in {code(gate.environment)}: {code(gate.reason)}" for gate in gates)
    return [Block(1, before=(f"**{title}:**", ""), items=items, after=("",))] if items else []


def _environment(review: EnvironmentReview) -> Iterator[Block]:
    yield Block(2, before=(f"### {code(review.name)}", ""))
    yield from _section(2, "It cannot be compared", failure_items(review))
    yield from _section(2, "Replaced, deleted or no longer defined", given_up_items(review))
    yield from _section(3, "Hosting", hosting_items(review))
    yield from _section(3, "Permissions", policy_items(review))
    yield from _section(3, "Models", model_items(review))
    yield from _section(4, "New findings", finding_items(review))
    yield from _section(3, "Costs", cost_items(review))
    for stack in review.stacks:
        yield from _properties(stack)
    yield from _diagram(review)


def _section(priority: int, title: str, items: Sequence[str]) -> Iterator[Block]:
    if items:
        yield Block(priority, before=(f"**{title}**", ""), items=tuple(items), after=("",))


def _properties(stack: StackReview) -> Iterator[Block]:
    items = property_items(stack)
    if items:
        summary = f"<details><summary>Property by property: {html_code(stack.name)}</summary>"
        yield Block(5, before=(summary, ""), items=tuple(items), after=("", "</details>", ""))


def _diagram(review: EnvironmentReview) -> Iterator[Block]:
    lines = mermaid(review)
    if lines:
        before = (f"<details><summary>Diagram of {html_code(visible(review.name))}</summary>", "", "```mermaid")
        yield Block(6, before=before, items=tuple(lines), after=("```", "", "</details>", ""), whole=True)
