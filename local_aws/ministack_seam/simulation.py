"""SimulatePrincipalPolicy, where ministack leaves something out: the context, and all resources but the first."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import iam

_OPERATION = "SimulatePrincipalPolicy"
_context: ContextVar[Mapping[str, list[str]] | None] = ContextVar("simulated context", default=None)


def simulate_with_context() -> None:
    """Let conditions be judged by the request's `ContextEntries`, for each of its `ResourceArns`."""
    simulate_one = iam._build_simulate_results_real
    resolve = iam_evaluator._resolve_condition_key
    handler = iam._IAM_HANDLERS[_OPERATION]

    def simulate(parameters: dict[str, Any]) -> Any:
        token = _context.set(_entries(parameters))
        try:
            return handler(parameters)
        finally:
            _context.reset(token)

    def simulate_each(actions: Any, resource: str, principal: str, account: str, policies: Any) -> str:
        resources = (_context.get() or {}).get("", []) or [resource]
        return "".join(str(simulate_one(actions, one, principal, account, policies)) for one in resources)

    def resolve_condition_key(key: str, context: Any) -> Any:
        given = (_context.get() or {}).get(key.lower())
        if given is None:
            return resolve(key, context)
        return given[0] if len(given) == 1 else given

    iam._IAM_HANDLERS[_OPERATION] = simulate
    iam._build_simulate_results_real = simulate_each
    iam_evaluator._resolve_condition_key = resolve_condition_key


def _entries(parameters: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the values of each context key, in lower case, and the resources under the empty one."""
    entries = {"": _members(parameters, "ResourceArns")}
    number = 1
    while name := iam._p(parameters, f"ContextEntries.member.{number}.ContextKeyName"):
        entries[name.lower()] = _members(parameters, f"ContextEntries.member.{number}.ContextKeyValues")
        number += 1
    return entries


def _members(parameters: Mapping[str, Any], name: str) -> list[str]:
    found: list[str] = []
    while member := iam._p(parameters, f"{name}.member.{len(found) + 1}"):
        found.append(str(member))
    return found
