from pathlib import Path

import pytest

from assets.contents import code_files, export_inputs
from assets.errors import AssetError
from assets.python_imports import Imports, follow_imports
from assets.source_files import list_files

NAMES = (
    "LICENSE",
    "README.md",
    "__init__.py",
    "conftest.py",
    "data/README.md",
    "helpers/__init__.py",
    "helpers/text.py",
    "inference.py",
    "labels.txt",
    "model.pt",
    "model.py",
    "model.yaml",
    "requirements.txt",
    "samples/one.yaml",
    "test_inference.py",
    "tests/data.json",
    "train.py",
    "weights.pth",
)


def _imports(folder: Path, files: dict[str, str], start: str) -> Imports:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return follow_imports(list_files(folder), start)


def test_code_holds_what_the_handler_may_need_and_nothing_else() -> None:
    assert code_files(NAMES, Imports(files=frozenset({"inference.py"}))) == [
        "data/README.md",
        "helpers/__init__.py",
        "helpers/text.py",
        "inference.py",
        "labels.txt",
        "requirements.txt",
    ]


def test_what_the_handler_imports_is_packed() -> None:
    reached = frozenset({"inference.py", "model.py", "train.py", "test_inference.py", "__init__.py"})
    packed = code_files(NAMES, Imports(files=reached))
    assert {"model.py", "train.py", "test_inference.py"} <= set(packed)
    assert "__init__.py" not in packed


@pytest.mark.parametrize("string", ["weights.pth", "data/weights.pth", "*.pth", "checkpoints/*.pth", ".pth"])
def test_a_checkpoint_that_the_handler_names_is_packed(string: str) -> None:
    assert "weights.pth" in code_files(NAMES, Imports(strings=frozenset({string})))


@pytest.mark.parametrize("string", ["", "h", "*/*", "*", "other.pth", "model.pt"])
def test_a_checkpoint_that_the_handler_does_not_name_is_left_out(string: str) -> None:
    packed = code_files(NAMES, Imports(strings=frozenset({string})))
    assert "weights.pth" not in packed
    assert "model.pt" not in packed


def test_the_export_depends_on_every_file_that_model_py_could_read() -> None:
    assert export_inputs(NAMES, Imports(files=frozenset({"model.py"})), "inference.py") == [
        "__init__.py",
        "data/README.md",
        "helpers/__init__.py",
        "helpers/text.py",
        "labels.txt",
        "model.pt",
        "model.py",
        "weights.pth",
    ]


def test_the_export_depends_on_what_model_py_imports() -> None:
    reached = Imports(files=frozenset({"model.py", "train.py", "inference.py"}))
    assert {"train.py", "inference.py"} <= set(export_inputs(NAMES, reached, "inference.py"))


@pytest.mark.parametrize(
    "statement",
    [
        "import net",
        "import net.layers as l",
        "from net import layers",
        "from net.layers import Block",
        "import importlib; importlib.import_module('net.layers')",
        "def f():\n    __import__('net.layers')",
        "try:\n    import missing\nexcept ImportError:\n    from net.layers import *",
    ],
)
def test_imports_of_local_modules_are_followed(tmp_path: Path, statement: str) -> None:
    files = {
        "inference.py": statement,
        "net/__init__.py": "from . import layers\n",
        "net/layers.py": "from ..x import y\nfrom .ops import op\n",
        "net/ops.py": "import torch.nn as nn\nNAME = 'vocabulary.txt'\n",
        "net/unused.py": "",
        "train.py": "",
    }
    imports = _imports(tmp_path, files, "inference.py")
    assert imports.files == {"inference.py", "net/__init__.py", "net/layers.py", "net/ops.py"}
    assert "torch" in imports.packages
    assert "vocabulary.txt" in imports.strings


def test_modules_that_import_one_another_are_followed_once(tmp_path: Path) -> None:
    files = {"a.py": "import b", "b.py": "import a\nimport folder.c", "folder/c.py": ""}
    assert _imports(tmp_path, files, "a.py").files == {"a.py", "b.py", "folder/c.py"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\ndef f(:\n", r"net\.py, line 2: SyntaxError: .*\. Correct it\.$"),
        ("def f():\nx\n", r"net\.py, line 2: IndentationError: .*\. Correct it\.$"),
        ("x = '\0'", r"net\.py.*null bytes.*Correct it\.$"),
    ],
)
def test_a_module_that_is_no_python(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(AssetError, match=message):
        _imports(tmp_path, {"inference.py": "import net", "net.py": text}, "inference.py")
