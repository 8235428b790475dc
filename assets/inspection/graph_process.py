"""Lists the operators that a TorchScript archive calls: the program that `assets.inspection.graphs` runs.

    python graph_process.py {core | whole} STRIPPED RESULT [ARCHIVE]

`core` imports the compiled part of torch alone, in a quarter of the time that the `whole` takes. It knows all of
torch's own operators but those that Python adds. Where it cannot load everything, it writes no RESULT and exits
with another status than 0: then the `whole` has the word.

STRIPPED is the archive without the bytes of its tensors. It is loaded onto torch's device `meta`, where tensors
have shapes and no bytes; where something in it wants bytes when it is loaded, as quantized weights do, ARCHIVE is
loaded whole, if it is named. RESULT gets a JSON object:

    operators   {schema: [how many of its first arguments a call gives at most, a function that has such a call]}
    unknown     names of operators that the torch which runs this does not have
    failure     why nothing could be loaded, or null

It imports nothing of Slipway, and it ends when its standard input is closed.
"""

import importlib
import importlib.util
import json
import os
import re
import sys
import threading
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CUSTOM_CALL = re.compile(rb"\bops\.(\w+)\.(\w+)\(")
_UNKNOWN = re.compile(r"Unknown builtin op: ([\w:]+)")
_NO_SCHEMA = "(no schema)"  # operators of the interpreter itself, as prim::If, of every version
_FAILURE_LENGTH = 400
_MOST_UNKNOWN = 100
_NOT_BY_CORE = 3  # an exit status

_DEVICE = """graph():
  %device : Device = prim::Constant[value="{}"]()
  return (%device)"""


def _compiled_part(*, whole: bool) -> Any:
    """Import torch._C, which alone has a door to an archive's functions."""
    spec = None if whole else importlib.util.find_spec("torch")
    if spec is not None:
        sys.modules["torch"] = importlib.util.module_from_spec(spec)  # without running its __init__.py
    return importlib.import_module("torch._C")


_WHOLE = sys.argv[1] == "whole"
_C = _compiled_part(whole=_WHOLE)
_schemas_of: Any = _C._jit_get_schemas_for_operator  # noqa: SLF001 (there is no other)


def main(stripped: Path, archive: Path | None) -> dict[str, object]:
    """Return what RESULT gets."""
    unknown = _unknown_custom_operators(stripped)
    operators: dict[str, list[Any]] = {}
    failure = None
    try:
        for function in _load(stripped, archive):
            _collect(function.graph, function.qualified_name, operators)
    except (RuntimeError, ValueError, NotImplementedError) as error:
        unknown.update(_UNKNOWN.findall(str(error)))
        failure = _first_line(error)
    return {"operators": operators, "unknown": sorted(unknown)[:_MOST_UNKNOWN], "failure": failure}


def _load(stripped: Path, archive: Path | None) -> list[Any]:
    """Return every function and method that loading the archive compiles, wherever it is called from."""
    if _WHOLE:
        # Constants are compared with each other as graphs are compiled; without bytes all may as well differ.
        library: Any = importlib.import_module("torch.library").Library("aten", "IMPL")
        library.impl("equal", lambda _one, _other: False, "Meta")
    try:
        return _functions(stripped, "meta")
    except (RuntimeError, NotImplementedError) as error:
        if archive is None or _UNKNOWN.search(str(error)):
            raise
        return _functions(archive, "cpu")


def _functions(path: Path, device: str) -> list[Any]:
    unit = _C.CompilationUnit()
    # What reads the arguments of `torch.device("meta")` would import much of Python's part.
    (place,) = _C.parse_ir(_DEVICE.format(device)).outputs()
    _C.import_ir_module(unit, str(path), place.toIValue(), {}, False)
    return list(unit.get_functions())


def _unknown_custom_operators(stripped: Path) -> set[str]:
    unknown = set()
    with zipfile.ZipFile(stripped) as archive:
        for name in archive.namelist():
            if name.endswith(".py"):
                for library, operator in _CUSTOM_CALL.findall(archive.read(name)):
                    full_name = f"{library.decode()}::{operator.decode()}"
                    if not _schemas_of(full_name):
                        unknown.add(full_name)
    return unknown


def _collect(block: Any, function: str, operators: dict[str, list[Any]]) -> None:
    for node in _nodes(block):
        schema = node.schema()
        if schema == _NO_SCHEMA:
            continue
        given = _given(node, schema)
        if given > operators.get(schema, [-1])[0]:
            operators[schema] = [given, function]


def _nodes(block: Any) -> Iterator[Any]:
    pending = [block]
    while pending:
        for node in pending.pop().nodes():
            yield node
            pending.extend(node.blocks())
            pending.extend(node.g(name) for name in node.attributeNames() if node.kindOf(name) == "g")


def _given(node: Any, schema: str) -> int:
    """Count the arguments up to the last one that is not the default: an archive leaves out those behind it."""
    arguments = _arguments(schema)
    inputs = list(node.inputs())
    if arguments is None or len(arguments) != len(inputs):
        return len(inputs)
    for place in range(len(inputs), 0, -1):
        argument, value = arguments[place - 1], inputs[place - 1]
        if not argument.has_default_value() or not _is(argument.default_value, value):
            return place
    return 0


_parsed: dict[str, Any] = {}


def _arguments(schema: str) -> Any:
    if schema not in _parsed:
        try:
            _parsed[schema] = _C.parse_schema(schema).arguments
        except RuntimeError:  # with any number of arguments
            _parsed[schema] = None
    return _parsed[schema]


def _is(default: object, value: Any) -> bool:
    if value.node().kind() != "prim::Constant" or value.type().kind() == "TensorType":
        return False
    constant = value.toIValue()
    return type(constant) is type(default) and bool(constant == default)


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:_FAILURE_LENGTH]


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, even if it was killed."""

    def wait() -> None:
        os.read(0, 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    _end_with_parent()
    warnings.simplefilter("ignore")
    found = main(Path(sys.argv[2]), Path(sys.argv[4]) if sys.argv[4:] else None)
    if _WHOLE or not (found["failure"] or found["unknown"]):
        Path(sys.argv[3]).write_text(json.dumps(found))
        os._exit(0)  # there is nothing to clean up, and torch takes its time for it
    sys.exit(_NOT_BY_CORE)
