"""The user's handler: finds its module, imports it and checks its functions."""

import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from .context import Context
from .errors import StartError, one_line

_PARAMETERS = {
    "model_fn": "model_dir",
    "input_fn": "body, content_type",
    "predict_fn": "data, model",
    "output_fn": "prediction, accept",
    "transform_fn": "model, body, content_type, accept",
}
_REPLACED_BY_TRANSFORM = ("input_fn", "predict_fn", "output_fn")
PUBLIC_NAME = "slipway_serving"
"""The name under which a handler imports what this package has for it, in every container."""

_TAKEN_NAMES = sys.stdlib_module_names | {"numpy", "orjson", "serving", "torch", "uvicorn", PUBLIC_NAME}


@dataclass(frozen=True)
class UserFunction:
    """A function of the handler.

    Parameters
    ----------
    name
        Its name, for messages.
    function
        The function.
    takes_context
        Whether it has one parameter more than its signature needs, and so gets the context as the last one.
    """

    name: str
    function: Callable[..., Any]
    takes_context: bool

    def __call__(self, *arguments: Any, context: Context) -> Any:
        """Call the function, with `context` where it takes one."""
        return self.function(*arguments, context) if self.takes_context else self.function(*arguments)


def user_functions(entry_point: Path | None, code: Path) -> dict[str, UserFunction]:
    """Import the handler and return the functions that it has, by name.

    Parameters
    ----------
    entry_point
        Its file; None when the user wrote none.
    code
        The folder that its own imports start from.

    Raises
    ------
    StartError
        It cannot be imported, or a function cannot be called as it must be; the cause is the user's exception.
    """
    if entry_point is None:
        return {}
    module = _import(entry_point, code)
    found = {
        name: _checked(name, function, entry_point)
        for name in _PARAMETERS
        if (function := getattr(module, name, None)) is not None
    }
    beside = [name for name in _REPLACED_BY_TRANSFORM if name in found]
    if "transform_fn" in found and beside:
        raise StartError(
            f"{entry_point}: transform_fn may not stand beside {', '.join(beside)}, because it replaces"
            " input_fn, predict_fn and output_fn; remove one or the other"
        )
    return found


def _import(entry_point: Path, code: Path) -> ModuleType:
    """Import the file under its own name, so that objects that were pickled with it load again."""
    name = entry_point.stem
    if name in _TAKEN_NAMES:
        raise StartError(f"the handler {entry_point} hides Python's or the server's own {name}; rename the file")
    _put_first(code / "lib", code, entry_point.parent)
    # a copy of this package in code/ would bring a second BadRequest, which nobody here knows
    sys.modules.setdefault(PUBLIC_NAME, sys.modules[__name__.rpartition(".")[0]])
    spec = importlib.util.spec_from_file_location(name, entry_point)
    if spec is None or spec.loader is None:
        raise StartError(f"the handler {entry_point} is not Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise StartError(
            f"the handler {entry_point} cannot be imported: {type(error).__name__}: {one_line(str(error))}"
        ) from error
    return module


def _put_first(*folders: Path) -> None:
    """Make these folders the first that Python looks in; `code/lib` holds what the tarball brings along."""
    first = list(dict.fromkeys(str(folder) for folder in folders if folder.is_dir()))
    sys.path[:] = [*first, *(folder for folder in sys.path if folder not in first)]


def _checked(name: str, function: Any, file: Path) -> UserFunction:
    """Return the function, whose number of parameters says whether it takes the context."""
    wanted = f"{name}({_PARAMETERS[name]})"
    if not callable(function) or inspect.iscoroutinefunction(function):
        raise StartError(f"{file}: {name} has to be an ordinary function {wanted}")
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise StartError(f"{file}: the parameters of {name} cannot be read; write it as {wanted}") from None
    positional = [
        parameter
        for parameter in parameters
        if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}
    ]
    any_number = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters)
    extra = len(positional) - len(_PARAMETERS[name].split(","))
    required_by_name = [
        parameter.name
        for parameter in parameters
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty
    ]
    if required_by_name or not (extra in {0, 1} or (any_number and extra < 0)):
        raise StartError(
            f"{file}: {name}{inspect.signature(function)} cannot be called; it has to be {wanted},"
            " with one parameter more, context, if it wants it"
        )
    return UserFunction(name, function, takes_context=extra == 1)
