"""A change of a policy as a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from slipway.review.policy_diff import PolicyChange
from slipway.review.policy_holders import Holder
from slipway.review.policy_statement import Statement

Quote = Callable[[str], str]
"""Sets a name or a pattern apart from the words around it."""

_VERBS = {
    "s3:GetObject": "read",
    "s3:GetObject*": "read",
    "s3:PutObject": "write to",
    "s3:PutObject*": "write to",
    "s3:DeleteObject": "delete",
    "s3:ListBucket": "list",
    "s3:*": "do everything in S3 on",
    "*": "do everything on",
    "sagemaker:InvokeEndpoint": "call",
    "sagemaker:InvokeEndpointAsync": "call asynchronously",
    "ssm:GetParameter": "read the parameter",
    "sns:Publish": "publish to",
    "sqs:SendMessage": "send to",
    "sqs:ReceiveMessage": "receive from",
    "kms:Decrypt": "decrypt with",
    "kms:GenerateDataKey": "encrypt with",
    "kms:GenerateDataKey*": "encrypt with",
    "sts:AssumeRole": "take",
    "iam:PassRole": "hand on the role",
    "logs:PutLogEvents": "write logs to",
}
"""What the best-known actions are in words; of the others the sentence has the name alone."""

_MOST = 12
"""Names in one sentence; the JSON has them all."""


def sentence(change: PolicyChange, endpoint: str, quote: Quote) -> str:
    """Say what a change means.

    Parameters
    ----------
    change
        What changes.
    endpoint
        The endpoint, or the other part of the environment, whose stack holds it.
    quote
        Sets names apart; whatever comes from a template goes through it.
    """
    grants = change.grants
    who = _who(change.holder, grants, endpoint, quote)
    allowance = _allowance(change, quote)
    what = _what(grants, change.holder, quote)
    conditions = f", only if {_list(map(str, grants.conditions), quote, ' and ')}" if grants.conditions else ""
    if change.unconditioned:
        word = "no longer only if" if change.kind in {"appears", "widens"} else "now only if"
        conditions += f", {word} {_list(map(str, change.unconditioned), quote, ' and ')}"
    return f"{who} {allowance} {what}{conditions}"


def _who(holder: Holder, grants: Statement, endpoint: str, quote: Quote) -> str:
    of = f"of {quote(endpoint)}"
    everyone = (
        "everyone" if "*" in grants.principals else _list(grants.principals, quote, ", ") or "whoever has it"
    )
    return {
        "role": f"the role {quote(holder.shown)} {of}",
        "user": f"the user {quote(holder.shown)} {of}",
        "group": f"the group {quote(holder.shown)} {of}",
        "trust": everyone,
        "managed policy": f"whoever has the policy {quote(holder.shown)} {of}",
        "policy": f"whoever has the policy {quote(holder.shown)} {of}",
        "resource": everyone,
        "workload": f"what runs as {quote(holder.shown)} {of}",
        "template": f"somebody by {quote(holder.shown)} {of}",
    }[holder.kind]


def _allowance(change: PolicyChange, quote: Quote) -> str:
    comes = change.kind in {"appears", "widens"}
    if not change.grants.is_known:
        says = f"as {quote(change.grants.effect)} says, which cannot be read here,"
        return f"may or may not {'now' if comes else 'any longer'}, {says}"
    if change.grants.effect == "Allow":
        return "may now" if comes else "may no longer"
    return "is now denied to" if comes else "is no longer denied to"


def _what(grants: Statement, holder: Holder, quote: Quote) -> str:
    verbs = sorted({_VERBS[action] for action in grants.actions if action in _VERBS})
    actions = _list(grants.actions, quote, ", ")
    where = _where(grants, holder, quote)
    if verbs and all(action in _VERBS for action in grants.actions):
        return f"{' and '.join(verbs)} {where} ({actions})"
    do = "do " if all(action.startswith(("all of ", "all outside ")) for action in grants.actions) else ""
    return f"{do}{actions} on {where}"


def _where(grants: Statement, holder: Holder, quote: Quote) -> str:
    if holder.kind == "trust":
        return f"the role {quote(holder.shown)}"
    if grants.resources == {"*"}:
        return f"the resource {quote(holder.shown)}" if holder.kind == "resource" else "every resource"
    return _list(grants.resources, quote, ", ")


def _list(names: Iterable[str], quote: Quote, between: str) -> str:
    ordered = sorted(names)
    shown = between.join(map(quote, ordered[:_MOST]))
    return f"{shown} and {len(ordered) - _MOST} more" if len(ordered) > _MOST else shown
