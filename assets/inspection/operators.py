"""Compares what a model calls with what the container's torch has."""

import re
from collections.abc import Iterable, Iterator

from assets.inspection.finding import Finding, error, warning
from assets.inspection.graphs import Graphs
from assets.inspection.operator_lists import operators_of
from assets.inspection.signature import parse_signature
from assets.inspection.target import Target

_SHOWN = 3
_MANGLED = re.compile(r"^__torch__\.|___torch_mangle_\d+\.")


def graph_findings(name: str, graphs: Graphs, target: Target, *, has_handler: bool) -> Iterator[Finding]:
    """Judge the operators of a TorchScript file.

    Parameters
    ----------
    name
        The file in the tarball.
    graphs
        What its graphs call.
    target
        The container.
    has_handler
        Whether a handler may import the library of a custom operator before the model is loaded.
    """
    yield from _call_findings(name, graphs, target, has_handler=has_handler)
    if graphs.failure is None:
        return  # code that names an unknown operator is there, but nothing compiles it
    refused = list(name_findings(name, graphs.unknown, target, has_handler=has_handler))
    yield from refused
    if refused:
        return
    if graphs.unknown:
        what = f"its graphs call {', '.join(graphs.unknown)}, which the torch of this machine does not have."
        yield warning(
            "graphs-not-walked", name, what, f"Run slipway with torch {target.torch} or newer to be sure."
        )
    else:
        what = f"cannot be loaded by torch: {graphs.failure}"
        yield error("model-unreadable", name, what, "Save the model again with torch.jit.save.")


def name_findings(name: str, operators: Iterable[str], target: Target, *, has_handler: bool) -> Iterator[Finding]:
    """Judge operators of which no more than the name is known."""
    known = operators_of(target.torch)
    for operator in operators:
        bare = operator.partition(".")[0]
        if known.has(bare):
            continue
        if known.knows_library(bare):
            yield _missing(name, operator, target)
        else:
            yield _custom(name, operator, target, has_handler=has_handler)


def _call_findings(name: str, graphs: Graphs, target: Target, *, has_handler: bool) -> Iterator[Finding]:
    known = operators_of(target.torch)
    for schema, (count, function) in graphs.operators.items():
        operator = schema.partition("(")[0]
        place = _MANGLED.sub("", function)
        if not known.has(operator.partition(".")[0]):
            if known.knows_library(operator):
                yield _missing(name, operator, target, place)
            else:
                yield _custom(name, operator, target, has_handler=has_handler)
            continue
        call = parse_signature(schema).first(count)
        if known.accepts(call):
            continue
        offered = known.offered(call.name)
        more = f" and {len(offered) - _SHOWN} more" if len(offered) > _SHOWN else ""
        yield error(
            "operator-signature",
            name,
            f"{place} calls {call}, and torch {target.torch} of {target.container} has "
            f"{'; '.join(offered[:_SHOWN])}{more}: the model does not load.",
            _mend(target),
        )


def _missing(name: str, operator: str, target: Target, place: str | None = None) -> Finding:
    what = (
        f"{place or 'its graph'} calls {operator}, which torch {target.torch} of {target.container} does not "
        "have: the model does not load."
    )
    return error("operator-missing", name, what, _mend(target))


def _custom(name: str, operator: str, target: Target, *, has_handler: bool) -> Finding:
    library = operator.partition("::")[0]
    what = f"its graph calls {operator}, an operator of the library {library} that torch does not bring:"
    if has_handler:
        return warning(
            "operator-custom",
            name,
            f"{what} the model loads only after the handler has imported it.",
            f"Import {library} at the top of the handler, and see that {target.container} has it.",
        )
    return error(
        "operator-custom",
        name,
        f"{what} the model does not load.",
        f"Write a handler that imports {library}, or export the model without the operator.",
    )


def _mend(target: Target) -> str:
    return (
        "Export by tracing (example_inputs() in model.py) or freezing instead of scripting, which leaves out what "
        f"is never called; or export with torch {target.torch}."
    )
