"""The export, each in a real process of its own."""

import json
import re
import zipfile
from pathlib import Path

import pytest

from assets.errors import AssetError
from assets.export import plan_export
from assets.model_folder import find_model
from assets.progress import Progress
from assets.source_digest import Digests
from assets.source_files import list_files

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
    return plan_export(model, files, Digests(model.state_name), Progress()).file(Progress()).path


def _toy(root: Path, text: str, name: str = "toy", settings: str = "") -> Path:
    folder = root / "model_code" / name
    folder.mkdir(parents=True)
    (folder / "model.py").write_text(text)
    (folder / "model.yaml").write_text(settings)
    return folder


def _leftovers(root: Path) -> set[str]:
    return {path.name for path in (root / ".slipway/exports").glob("*/*")} - {"lock", "export.log"}


_TRACED = _MODULE + _EXAMPLE_INPUTS


@pytest.mark.parametrize(
    ("text", "settings"),
    [(_MODULE, ""), (_TRACED, ""), (_TRACED, "freeze: true"), (_TRACED, "format: torch-export")],
    ids=["script", "trace", "freeze", "torch-export"],
)
def test_the_same_model_gives_the_same_bytes_in_another_folder_and_process(
    root: Path, monkeypatch: pytest.MonkeyPatch, text: str, settings: str
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "1")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    first = _export(_toy(root, text, settings=settings))
    monkeypatch.setenv("PYTHONHASHSEED", "2")
    monkeypatch.setenv("TZ", "America/Lima")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    second = _export(_toy(root / "a/much/deeper/place", text, name="other", settings=settings))
    assert first != second
    assert first.name == ("model.pt2" if "torch-export" in settings else "model.pt")
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert not [name for name in archive.namelist() if str(root).encode() in archive.read(name)]


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


_DYNAMIC = """

def dynamic_shapes():
    return ({0: torch.export.Dim("rows", max=64)},)
"""


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_all_formats_compute_the_same(root: Path) -> None:
    import torch  # noqa: PLC0415 (slow to import)

    text = _TRACED.replace("return Net()", "torch.manual_seed(7)\n    return Net()") + _DYNAMIC
    traced, frozen, exported = (
        _export(_toy(root, text, name=f"toy{number}", settings=settings))
        for number, settings in enumerate(("", "freeze: true", "format: torch-export"))
    )
    rows = torch.rand(5, 4)
    module = torch.export.load(exported).module()
    assert torch.equal(module(rows), torch.jit.load(traced)(rows))
    assert torch.equal(torch.jit.load(frozen)(rows), torch.jit.load(traced)(rows))
    assert not list(torch.jit.load(frozen).parameters())


def test_large_weights_are_whole_and_kept_once(root: Path) -> None:
    text = _MODULE.replace("torch.nn.Linear(4, 3)", "torch.nn.Linear(4, 500_000)").replace("ones(3)", "ones(1)")
    large = _export(_toy(root, text))
    with zipfile.ZipFile(large) as archive:
        weights = [info for info in archive.infolist() if info.file_size == 4 * 4 * 500_000]
        assert len(weights) == 1
        assert any(archive.read(weights[0])), "the weights are there"
    assert {path.name for path in large.parent.iterdir()} == {"model.pt", "export.json"}


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
    "torch.export without inputs": (
        _MODULE,
        r"model\.py: has no function example_inputs\(\), which torch\.export needs\. Define it: \(tensor,\)\.$",
        "format: torch-export",
    ),
    "dynamic_shapes fails": (
        _TRACED + "\ndef dynamic_shapes():\n    raise ValueError('none')\n",
        r"model\.py, line \d+: dynamic_shapes\(\) failed: ValueError: none",
        "format: torch-export",
    ),
    "no program": (
        _TRACED.replace("return torch.relu", "if x.sum() > 0: return x\n        return torch.relu"),
        r"model\.py.*: the model cannot be exported with example_inputs\(\): ",
        "format: torch-export",
    ),
    "killed": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
        r"model\.py: the process that exports it was ended by signal 9, as when memory runs out\. The whole",
    ),
}


@pytest.mark.parametrize("broken", _BROKEN.values(), ids=_BROKEN.keys())
def test_a_broken_model_gets_one_message_and_leaves_nothing(root: Path, broken: tuple[str, ...]) -> None:
    text, message, *settings = broken
    folder = _toy(root, text, settings="".join(settings))
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
