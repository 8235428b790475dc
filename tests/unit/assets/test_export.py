"""The export, each in a real process of its own."""

import json
import os
import re
import select
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.errors import AssetError
from assets.export import plan_export
from assets.model_folder import find_model
from assets.source_digest import digest_files
from assets.source_files import list_files

StartPython = Callable[..., "subprocess.Popen[str]"]

_MODULE = """\
import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 3)
        self.dropout = torch.nn.Dropout(0.5)

    def forward(self, x):
        return torch.relu(self.dropout(self.linear(x))) + torch.ones(3)


def create_model():
    return Net()
"""
_EXAMPLE_INPUTS = """

def example_inputs():
    return (torch.rand(2, 4),)
"""


def _export(folder: Path) -> Path:
    model = find_model(str(folder))
    files = list_files(model.path)
    digests = digest_files(files.values(), memory_name=model.state_name)
    return plan_export(model, files, digests).model_pt(lambda _: None).path


def _toy(root: Path, text: str, name: str = "toy") -> Path:
    folder = root / "model_code" / name
    folder.mkdir(parents=True)
    (folder / "model.py").write_text(text)
    return folder


def _leftovers(root: Path) -> set[str]:
    return {path.name for path in (root / ".slipway/exports").glob("*/*")} - {"lock", "export.log"}


@pytest.mark.parametrize("text", [_MODULE, _MODULE + _EXAMPLE_INPUTS], ids=["script", "trace"])
def test_the_same_model_gives_the_same_bytes_in_another_folder_and_process(
    root: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "1")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    first = _export(_toy(root, text))
    monkeypatch.setenv("PYTHONHASHSEED", "2")
    monkeypatch.setenv("TZ", "America/Lima")
    second = _export(_toy(root / "a/much/deeper/place", text, name="other"))
    assert first != second
    assert first.read_bytes() == second.read_bytes()
    assert str(root).encode() not in first.read_bytes()


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_the_export_computes_what_the_module_computes_in_eval_mode(root: Path) -> None:
    import torch  # noqa: PLC0415 (two seconds that no other test of this file needs)

    path = _export(_toy(root, _MODULE.replace("return Net()", "torch.manual_seed(7)\n    return Net()")))
    exported = torch.jit.load(path)
    namespace: dict[str, object] = {"__name__": "model"}
    exec(compile(_MODULE, "model.py", "exec"), namespace)  # noqa: S102 (the module of this test)
    torch.manual_seed(7)
    module = namespace["Net"]().eval()  # type: ignore[operator]
    rows = torch.rand(5, 4)
    assert not exported.training
    assert torch.equal(exported(rows), module(rows))


_BROKEN = {
    "no create_model": ("import torch\n", r"model\.py: has no function create_model\(\)\. Define one that"),
    "raises": (
        "def create_model():\n    fail()\ndef fail():\n    raise RuntimeError('weights are gone\\nsecond line')\n",
        r"model\.py, line 4: create_model\(\) failed: RuntimeError: weights are gone\n.*export\.log\.$",
    ),
    "package missing": (
        "import torch\nimport package_that_is_not_there\n",
        r"model\.py, line 2: importing it failed: ModuleNotFoundError: .*'\. Install it where slipway runs\.",
    ),
    "exits": ("raise SystemExit('no GPU')\n", r"model\.py, line 1: importing it failed: SystemExit: no GPU\n"),
    "no module": (
        "def create_model():\n    return {}\n",
        r"model\.py: create_model\(\) returns a dict, not a torch\.nn\.Module\. Return the model itself\.$",
    ),
    "cannot be scripted": (
        _MODULE.replace("return torch.relu", "print(*x)\n        return torch.relu"),
        r"model\.py, line \d+: the model cannot be scripted; define example_inputs\(\) to trace it instead: ",
    ),
    "cannot be traced": (
        _MODULE + _EXAMPLE_INPUTS.replace("2, 4", "2, 5"),
        r"model\.py, line 11: the model cannot be traced with example_inputs\(\): RuntimeError: mat1 and mat2",
    ),
    "inputs are no tuple": (
        _MODULE + _EXAMPLE_INPUTS.replace("(torch.rand(2, 4),)", "torch.rand(2, 4)"),
        r"model\.py: example_inputs\(\) returns a Tensor, not a tuple of tensors\. Return one: \(tensor,\)\.$",
    ),
    "killed": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
        r"model\.py: the process that exports it was ended by signal 9, as when memory runs out\. The whole",
    ),
}


@pytest.mark.parametrize(("text", "message"), _BROKEN.values(), ids=_BROKEN.keys())
def test_a_broken_model_gets_one_message_and_leaves_nothing(root: Path, text: str, message: str) -> None:
    folder = _toy(root, text)
    with pytest.raises(AssetError) as error:
        _export(folder)
    assert re.match("model_code/toy/" + message, str(error.value)), str(error.value)
    assert "Traceback" not in str(error.value)
    assert _leftovers(root) == set()


def test_the_traceback_is_in_the_log(root: Path) -> None:
    with pytest.raises(AssetError) as error:
        _export(_toy(root, "print('reading weights')\n1 / 0\n"))
    log = Path(str(error.value).rsplit(" ", 1)[-1].removesuffix("."))
    assert "reading weights" in log.read_text()
    assert "Traceback (most recent call last)" in log.read_text()


def test_a_folder_without_model_py_and_one_with_a_syntax_error_start_no_process(root: Path) -> None:
    (root / "model_code/empty").mkdir()
    with pytest.raises(AssetError, match=r"^model_code/empty: has no model\.py\. Write one with"):
        _export(root / "model_code/empty")
    with pytest.raises(AssetError, match=r"^model_code/toy/model\.py, line 1: SyntaxError: "):
        _export(_toy(root, "def create_model(:\n"))
    assert not (root / ".slipway/exports").exists()


_WAITS = """\
import os


def create_model():
    pipe = os.open(os.environ["EXPORT_STARTED"], os.O_WRONLY)
    os.write(pipe, b"!")
    os.read(os.open(os.environ["NEVER_WRITTEN"], os.O_RDWR), 1)
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_export_process_ends_with_the_one_that_started_it(
    root: Path, start_python: StartPython, end: signal.Signals
) -> None:
    folder = _toy(root, _WAITS)
    started = root / "started"
    os.mkfifo(started)
    os.mkfifo(root / "never")
    process = start_python(
        'package(find_model("toy"))', EXPORT_STARTED=str(started), NEVER_WRITTEN=str(root / "never")
    )
    with started.open("rb") as pipe:
        assert pipe.read(1) == b"!"
        process.send_signal(end)
        process.communicate(timeout=60)
        assert process.returncode != 0
        readable, _, _ = select.select([pipe], [], [], 60)
        assert readable, "the pipe ends only when the export process is gone"
        assert pipe.read() == b""
    if end is signal.SIGINT:
        assert _leftovers(root) == set()
    assert not list((root / ".slipway/exports").glob("*/*/model.pt"))
    (folder / "model.py").write_text("import torch\n\n\ndef create_model():\n    return torch.nn.Linear(1, 1)\n")
    exported = _export(folder)
    assert _leftovers(root) == {exported.parent.name}


def test_a_cut_export_is_made_anew(root: Path) -> None:
    folder = _toy(root, _MODULE)
    exported = _export(folder)
    whole = exported.read_bytes()
    exported.write_bytes(whole[:-1])
    assert _export(folder).read_bytes() == whole


def test_the_record_says_which_torch_made_it(root: Path) -> None:
    exported = _export(_toy(root, _MODULE))
    facts = json.loads((exported.parent / "export.json").read_bytes())
    assert facts["size"] == exported.stat().st_size
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", facts["torch"])
