"""Which files of a model folder a Python file needs, as its import statements tell."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assets.checkout import shown
from assets.errors import AssetError
from assets.python_source import parse_python
from assets.source_files import SourceFile

_DYNAMIC_IMPORTS = {"import_module", "__import__"}


@dataclass(frozen=True)
class Imports:
    """What a Python file reaches by `import`, and what those files reach in turn.

    Parameters
    ----------
    files
        Names of the model folder's files that are reached, the first one included.
    packages
        Names of the top-level packages outside the model folder.
    strings
        Every string in those files, which may be the name of a file that they open.
    """

    files: frozenset[str] = frozenset()
    packages: frozenset[str] = frozenset()
    strings: frozenset[str] = frozenset()


def follow_imports(files: Mapping[str, SourceFile], start: str) -> Imports:
    """Follow the import statements of the file `start` through the model folder's own modules.

    The folder is the first place where Python looks, as `code/` is in the container. A module whose name is
    made up while the program runs is not found.

    Raises
    ------
    AssetError
        One of the files is not valid Python.
    """
    reached: set[str] = set()
    packages: set[str] = set()
    strings: set[str] = set()
    pending = [start]
    while pending:
        name = pending.pop()
        if name in reached:
            continue
        reached.add(name)
        tree = _parse(files[name])
        strings.update(
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        for module in _imported_modules(tree, package=name.split("/")[:-1]):
            found = _files_of(module, files)
            pending.extend(found)
            if not found:
                packages.add(module[0])
    return Imports(frozenset(reached), frozenset(packages), frozenset(strings))


def _parse(file: SourceFile) -> ast.Module:
    try:
        return parse_python(file.path.read_bytes(), filename=file.name)
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise AssetError(f"{shown(file.path)}{line}: {type(error).__name__}: {error.msg}. Correct it.") from error
    except ValueError as error:
        raise AssetError(f"{shown(file.path)}: is not Python: {error}. Correct it.") from error


def _imported_modules(tree: ast.Module, package: list[str]) -> Iterator[list[str]]:
    """Yield each imported module's name in its parts; `from a import b` gives `a.b`, which may be one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.split(".")
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = above + (node.module.split(".") if node.module else [])
            for alias in node.names:
                yield [*base, alias.name]
        elif isinstance(node, ast.Call) and node.args and isinstance(name := node.args[0], ast.Constant):
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
            if function in _DYNAMIC_IMPORTS and isinstance(name.value, str) and name.value.strip("."):
                yield name.value.strip(".").split(".")


def _files_of(module: list[str], files: Mapping[str, SourceFile]) -> list[str]:
    """Return the files that importing `module` runs: itself and the packages around it."""
    found = []
    for length in range(1, len(module) + 1):
        path = "/".join(module[:length])
        found += [name for name in (f"{path}.py", f"{path}/__init__.py") if name in files]
    return found
