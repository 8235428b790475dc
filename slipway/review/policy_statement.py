"""A statement of a policy, with its values as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from slipway.review.branches import ALWAYS, NOTHING, Under, branches, elements, together
from slipway.review.conditions import Condition, conditions
from slipway.review.intrinsics import as_text
from slipway.review.macros import holds_macro
from slipway.review.policy_documents import is_opaque
from slipway.review.policy_holders import HolderKind

_WHOLE = frozenset({"*"})


@dataclass(frozen=True)
class Statement:
    """A statement, with its values as text and in no order.

    Parameters
    ----------
    effect
        `Allow` or `Deny`; else the intrinsic function that stands for it, or for the whole statement.
    actions, resources, principals
        Patterns; what is excepted (`NotAction` and the like) starts with `not `.
    conditions
        Which all have to hold, those of the template included.
    sid
        Its name, if it has one.
    """

    effect: str
    actions: frozenset[str] = _WHOLE
    resources: frozenset[str] = _WHOLE
    principals: frozenset[str] = frozenset()
    conditions: frozenset[Condition] = frozenset()
    sid: str = field(default="", compare=False)

    @property
    def is_known(self) -> bool:
        """Whether it can be said that it allows, or that it denies."""
        return self.effect in {"Allow", "Deny"}


def read_statement(statement: Any, under: Under, kind: HolderKind) -> Iterator[Statement]:
    """Yield what a statement may be by the template's conditions.

    Parameters
    ----------
    statement
        As the document has it.
    under
        The conditions under which it is there.
    kind
        Whom it is about: who may take a role says nothing of resources, and of what cannot be read anybody may be
        the principal.
    """
    if is_opaque(statement) or holds_macro(statement) or "Effect" not in statement:
        everyone = frozenset({"*"}) if kind in {"trust", "resource"} else frozenset()
        yield Statement(as_text(statement), principals=everyone, conditions=under)
        return
    choices = (
        branches(statement["Effect"]),
        _patterns(statement, "Action"),
        _patterns(statement, "Resource") if kind != "trust" else [(_WHOLE, ALWAYS)],
        _principals(statement),
        [*branches(statement.get("Condition", {}))] or [({}, ALWAYS)],
    )
    for (effect, *one), (actions, *two), (resources, *three), (whom, *four), (block, *five) in product(*choices):
        holds = together(under, *one, *two, *three, *four, *five)
        if holds is not None:
            yield Statement(
                effect=as_text(effect),
                actions=actions,
                resources=resources,
                principals=whom,
                conditions=holds.union(conditions(block)),
                sid=str(statement.get("Sid", "")),
            )


def _patterns(statement: Mapping[str, Any], key: str) -> list[tuple[frozenset[str], Under]]:
    excepted = statement.get(f"Not{key}", [])
    if excepted != []:
        return [(frozenset({f"not {_listed(excepted)}"}), ALWAYS)]
    return _by_conditions((as_text(each), under) for each, under in elements(statement.get(key, "*")))


def _principals(statement: Mapping[str, Any]) -> list[tuple[frozenset[str], Under]]:
    if "NotPrincipal" in statement:
        return [(frozenset({f"not {_listed(statement['NotPrincipal'])}"}), ALWAYS)]
    return _by_conditions(_named_principals(statement.get("Principal", NOTHING))) or [(frozenset(), ALWAYS)]


def _named_principals(value: Any) -> Iterator[tuple[str, Under]]:
    for named, under in branches(value):
        if isinstance(named, Mapping) and not is_opaque(named):
            for kind, names in named.items():
                yield from ((_principal(kind, as_text(each)), when) for each, when in elements(names, under))
        else:
            yield as_text(named), under


def _principal(kind: str, name: str) -> str:
    """Return a principal's name: everyone is `*`, and every service, say, is not everyone."""
    if name == "*" and kind != "AWS":
        return f"every {kind}"
    return name


def _by_conditions(found: Iterable[tuple[str, Under]]) -> list[tuple[frozenset[str], Under]]:
    by_conditions: dict[Under, set[str]] = {}
    for text, under in found:
        by_conditions.setdefault(under, set()).add(text)
    return [(frozenset(texts), under) for under, texts in by_conditions.items()]


def _listed(excepted: Any) -> str:
    """Return what is excepted as one text: with less of it, a statement reaches further."""
    if isinstance(excepted, Mapping) and not is_opaque(excepted):
        return ", ".join(f"{kind} {_listed(names)}" for kind, names in sorted(excepted.items()))
    listed = excepted if isinstance(excepted, list) else [excepted]
    return ", ".join(sorted(map(as_text, listed)))
