"""Checks of the handler, without importing it."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from assets.inspection.contents import Contents
from assets.inspection.finding import Finding, error
from assets.python_source import parse_python

PARAMETERS = {
    "model_fn": ("model_dir",),
    "input_fn": ("body", "content_type"),
    "predict_fn": ("data", "model"),
    "output_fn": ("prediction", "accept"),
    "transform_fn": ("model", "body", "content_type", "accept"),
}
"""What the server calls, and what it gives: each function may take one more, the context."""

TAKEN_NAMES = sys.stdlib_module_names | {"numpy", "orjson", "serving", "slipway_serving", "torch", "uvicorn"}
"""Modules that a handler's name would hide in the container."""

_DEFAULT = "inference.py"
_APPLICATION = "config.yaml"  # of Ray Serve; Slipway's own packages have a serving.json as well
_REPLACED = ("input_fn", "predict_fn", "output_fn")

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Handler:
    """The handler of a tarball, as its text tells.

    Parameters
    ----------
    file
        Its name in the tarball; None when there is none.
    names
        What its module defines or imports at the top.
    functions
        The function statements among it.
    is_read
        Whether it is Python that could be read; only then the other two say anything.
    is_application
        Whether the tarball brings a Ray Serve application instead, in which a handler has no part.
    """

    file: str | None
    names: frozenset[str] = frozenset()
    functions: tuple[_Function, ...] = ()
    is_read: bool = True
    is_application: bool = False

    @property
    def loads_model(self) -> bool:
        """Whether it loads the model itself, as far as can be told."""
        return self.is_application or (
            self.file is not None and (not self.is_read or "model_fn" in self.names or "*" in self.names)
        )


def find_handler(contents: Contents) -> Handler:
    """Find the handler that `serving.json` names, else code/inference.py, and read it."""
    name = contents.description("serving.json").get("entry_point")
    file = f"code/{name if isinstance(name, str) else _DEFAULT}"
    if file not in contents.sizes:
        is_application = _APPLICATION in contents.sizes and "serving.json" not in contents.sizes
        return Handler(None, is_application=is_application)
    try:
        tree = parse_python(contents.texts[file])
    except (KeyError, SyntaxError, ValueError, RecursionError, MemoryError):
        return Handler(file, is_read=False)
    functions = {node.name: node for node in tree.body if isinstance(node, _Function)}
    return Handler(file, frozenset(_names(tree.body)), tuple(functions.values()))


def handler_findings(contents: Contents, handler: Handler) -> Iterator[Finding]:
    """Judge the handler by what the server accepts (serving/core/user_code.py)."""
    named = contents.description("serving.json").get("entry_point")
    if handler.file is None:
        # the asset step names inference.py although a model may have none
        if isinstance(named, str) and named != _DEFAULT:
            what = f"names the handler {named}, which is not in code/: the server does not start."
            yield error("handler-missing", "serving.json", what, "Write the handler, or correct entry_point.")
        return
    module = handler.file.rpartition("/")[2].removesuffix(".py")
    if module in TAKEN_NAMES:
        what = f"hides the module {module} of Python or of the server, and is refused."
        yield error("handler-name-taken", handler.file, what, "Rename the file, and name it in model.yaml.")
    beside = [name for name in _REPLACED if name in handler.names]
    if "transform_fn" in handler.names and beside:
        what = f"transform_fn stands beside {', '.join(beside)}, which it replaces; the server refuses both."
        yield error("handler-transform", handler.file, what, "Remove one or the other.")
    for function in handler.functions:
        if function.name in PARAMETERS:
            yield from _function(handler.file, function)


def _function(file: str, function: _Function) -> Iterator[Finding]:
    where = f"{file}, line {function.lineno}"
    wanted = f"{function.name}({', '.join(PARAMETERS[function.name])})"
    if isinstance(function, ast.AsyncFunctionDef):
        what = f"{function.name} is a coroutine, which the server does not await."
        yield error("handler-async", where, what, f"Write it as an ordinary function {wanted}.")
    elif not function.decorator_list and not _can_be_called(function):
        count = len(PARAMETERS[function.name])
        what = f"{function.name} cannot be called as the server does, with {count} arguments."
        yield error(
            "handler-signature",
            where,
            what,
            f"Write it as {wanted}, with one parameter more, context, if it wants it.",
        )


def _can_be_called(function: ast.FunctionDef) -> bool:
    arguments = function.args
    extra = len(arguments.posonlyargs) + len(arguments.args) - len(PARAMETERS[function.name])
    if any(default is None for default in arguments.kw_defaults):  # a parameter that has to be given by name
        return False
    return extra in {0, 1} or (arguments.vararg is not None and extra < 0)


def _names(statements: list[ast.stmt]) -> Iterator[str]:
    """Yield what statements at the top of a module bind, inside `if` and `try` too; `*` for an open import."""
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in statement.names)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
        else:
            for part in ("body", "orelse", "finalbody"):
                yield from _names(getattr(statement, part, []))
            for caught in getattr(statement, "handlers", []):
                yield from _names(caught.body)
