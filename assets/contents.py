"""Which files of a model folder the export depends on, and which ones go into the tarball's `code/`.

What the handler's own imports reach is always packed, and what model.py's imports reach is always an input of
the export. Of the rest, each rule below leaves out what can be told to be of no use.
"""

from collections.abc import Container, Iterable, Sequence
from fnmatch import fnmatchcase

from assets.ignore import covers
from assets.python_imports import Imports

MODEL_FILE = "model.py"
"""The file with `create_model()`; the container needs it only where the handler imports it."""

SAMPLES = "samples/"
"""The folder of samples, which the asset step reads."""

REQUIREMENTS = "requirements.txt"
"""File name, in the model folder and in `code/` of a tarball whose dependencies are installed at start."""

_ABOUT = ("model.yaml", "README*", "LICENSE*", "LICENCE*", "requirements.*.lock")
_TEST_FOLDERS = ("tests", "test")
_TEST_FILES = ("test_*.py", "*_test.py", "conftest.py")
_CHECKPOINTS = ("*.pt", "*.pth", "*.pt2", "*.ckpt", "*.safetensors")
_FOR_TRAINING = (MODEL_FILE, "train.py")

_NEVER_PACKED = ("__init__.py", "model.pt", "model.pt2")


def code_files(
    names: Iterable[str],
    handler: Imports,
    *,
    elsewhere: Container[str] = (),
    ignore: Sequence[str] = (),
    include: Sequence[str] = (),
) -> list[str]:
    """Return the files that go into `code/`.

    Left out are model.yaml, README, LICENSE, the locks of vendored dependencies and samples/ at the top; tests;
    model.py and train.py; and checkpoints (.pt, .pth, .pt2, .ckpt, .safetensors) that no string in the handler's
    modules names, since their weights are in the model. Never packed are an `__init__.py` at the top, since a
    package named `code` hides the standard library's and breaks `pdb`, and a model.pt at the top, since the model
    itself has that place.

    Parameters
    ----------
    names
        The files of the model folder.
    handler
        What the handler imports; empty where there is no handler.
    elsewhere
        Files that have another place in the tarball.
    ignore
        Patterns of further files that are left out, unless the handler imports them.
    include
        Patterns of files that are packed although they are left out otherwise.
    """

    def is_packed(name: str) -> bool:
        if name in _NEVER_PACKED or name in elsewhere:
            return False
        if name in handler.files or covers(name, include):
            return True
        if covers(name, ignore):
            return False
        if _is_checkpoint(name):
            return _is_named(name, handler.strings)
        return name not in _FOR_TRAINING and not _is_for_people(name)

    return [name for name in names if is_packed(name)]


def export_inputs(names: Iterable[str], model: Imports, entry_point: str) -> list[str]:
    """Return the files whose change makes a new export necessary.

    That is every file which model.py could read, because it may open any of them; only what has another use
    is left out: model.yaml, requirements.txt and its locks, README, LICENSE and samples/ at the top, tests, the
    handler and train.py. What lies outside the model folder is not seen.

    Parameters
    ----------
    names
        The files of the model folder.
    model
        What model.py imports.
    entry_point
        File name of the handler.
    """
    left_out = {"requirements.txt", "train.py", entry_point}
    return [name for name in names if name in model.files or not (name in left_out or _is_for_people(name))]


def _is_for_people(name: str) -> bool:
    *folders, last = name.split("/")
    if not folders and any(fnmatchcase(last, pattern) for pattern in _ABOUT):
        return True
    is_test = any(folder in _TEST_FOLDERS for folder in folders) or any(fnmatchcase(last, p) for p in _TEST_FILES)
    return is_test or name.startswith(SAMPLES)


def _is_checkpoint(name: str) -> bool:
    return any(fnmatchcase(name.lower(), pattern) for pattern in _CHECKPOINTS)


def _is_named(name: str, strings: Iterable[str]) -> bool:
    """Whether one of the strings ends with the file's name, is its suffix, or is a pattern such as `*.ckpt`."""
    last = name.rsplit("/", 1)[-1]
    for string in strings:
        pattern = string.rsplit("/", 1)[-1]
        matches = "*" in pattern and pattern.strip("*") and fnmatchcase(last, pattern)
        if string.endswith(last) or (string.startswith(".") and last.endswith(string)) or matches:
            return True
    return False
