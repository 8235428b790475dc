import io
import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from assets.inspection import target_of
from assets.inspection.inspection import inspect_tarball
from assets.records import Records
from assets.source_files import FileState, SourceFile

_LOADER = {"code/inference.py": b"import mylib\n\n\ndef model_fn(model_dir):\n    return None\n"}


_PREDICTS = b"def predict_fn(data, model):\n    return model(data)\n"


@pytest.fixture
def inspect(inspect: Any, model: Any) -> Any:
    """Inspect TorchScript, which the server loads itself."""

    def run(files: Any = None, **options: Any) -> Any:
        return inspect(
            {"model.pt": model("traced.pt"), "code/inference.py": _PREDICTS, **(files or {})}, **options
        )

    return run


def _ids(findings: Any) -> list[str]:
    return [finding.id for finding in findings]


def test_no_model_file(inspect: Any) -> None:
    (finding,) = inspect({"model.pt": None, "weights.safetensors": b"x"})
    assert (finding.id, finding.severity) == ("model-file-missing", "error")
    (finding,) = inspect({"model.pt": None, "weights.safetensors": b"x", **_LOADER})
    assert (finding.id, finding.severity) == ("model-file-missing", "warning")


def test_several_model_files(inspect: Any, model: Any) -> None:
    (finding,) = inspect({"other.pth": model("traced.pt")})
    assert (finding.id, finding.severity) == ("several-model-files", "error")
    assert "model.pt, other.pth" in finding.what
    (finding,) = inspect({"other.pth": model("state.pt"), **_LOADER})
    assert (finding.id, finding.severity) == ("several-model-files", "warning")


def test_a_model_below_the_top_is_no_second_one(inspect: Any, model: Any) -> None:
    assert inspect({"code/embeddings.pt": model("state.pt"), "extra/model.pt": model("traced.pt")}) == []


@pytest.mark.parametrize(
    "name", ["traced.pt", "nested.pt", "quantized.pt", "scripted_resize.pt", "frozen_resize.pt"]
)
def test_torchscript_of_the_same_torch_has_no_findings(inspect: Any, model: Any, name: str) -> None:
    assert inspect({"model.pt": model(name)}, exported_by="2.13.0") == []


@pytest.mark.parametrize("container", ["ray-serve", "pytorch-inference"])
def test_a_scripted_resize_is_refused_by_the_operator_s_name(inspect: Any, model: Any, container: str) -> None:
    (finding,) = inspect({"model.pt": model("scripted_resize.pt")}, container=container, exported_by="2.13.0")
    assert (finding.id, finding.severity, finding.where) == ("operator-missing", "error", "model.pt")
    assert "torch.nn.functional.interpolate calls aten::_upsample_lanczos2d_aa.vec" in finding.what
    assert "tracing" in finding.mend


@pytest.mark.parametrize("name", ["traced_resize.pt", "frozen_resize.pt", "nested.pt", "quantized.pt"])
def test_other_forms_of_a_newer_torch_are_warned_of(inspect: Any, model: Any, name: str) -> None:
    (finding,) = inspect({"model.pt": model(name)}, container="ray-serve", exported_by="2.13.0+cpu")
    assert (finding.id, finding.severity) == ("exporter-newer", "warning")
    assert inspect({"model.pt": model(name)}, container="ray-serve") == []
    assert inspect({"model.pt": model(name)}, container="ray-serve", exported_by="2.10.1") == []


def test_the_manifest_says_who_exported(inspect: Any) -> None:
    manifest = {"format": 1, "model": {"file": "model.pt", "format": "torchscript", "torch": "2.13.0"}}
    files = {"manifest.json": json.dumps(manifest).encode()}
    assert _ids(inspect(files, container="ray-serve")) == ["exporter-newer"]
    manifest["model"] = {"file": "other.pt", "torch": "2.13.0"}
    assert inspect({"manifest.json": json.dumps(manifest).encode()}, container="ray-serve") == []


def test_an_operator_with_another_signature(inspect: Any, model: Any) -> None:
    files = {"model.pt": model("mixed.pt")}
    assert inspect(files) == []
    (finding,) = inspect(files, container="pytorch-inference")
    assert (finding.id, finding.severity) == ("operator-signature", "error")
    assert "Mixed.forward calls aten::mm.dtype(" in finding.what
    assert "torch 2.6 of pytorch-inference has aten::mm(Tensor, Tensor)" in finding.what
    # the argument that 2.6 does not know is left out where it is the default
    assert inspect({"model.pt": model("spectrum.pt")}, container="pytorch-inference") == []


def test_a_custom_operator_needs_its_library(inspect: Any, model: Any) -> None:
    (finding,) = inspect({"model.pt": model("custom.pt"), "code/inference.py": None})
    assert (finding.id, finding.severity) == ("operator-custom", "error")
    assert "mylib::twice" in finding.what
    (finding,) = inspect({"model.pt": model("custom.pt"), **_LOADER})
    assert (finding.id, finding.severity) == ("operator-custom", "warning")


def test_an_exported_program_wants_the_same_minor_version(inspect: Any, model: Any) -> None:
    files = {"model.pt": None, "model.pt2": model("exported.pt2"), **_LOADER}
    assert inspect(files) == []
    (finding,) = inspect(files, container="ray-serve")
    assert (finding.id, finding.severity) == ("exporter-differs", "error")
    assert "torch 2.13.0" in finding.what
    assert "torch 2.10" in finding.what


def test_an_exported_program_with_a_custom_operator(inspect: Any, model: Any) -> None:
    (finding,) = inspect({"model.pt": None, "model.pt2": model("custom.pt2"), **_LOADER})
    assert (finding.id, finding.severity) == ("operator-custom", "warning")
    assert "mylib::twice" in finding.what


@pytest.mark.parametrize("name", ["exported.pt2", "state.pt"])
def test_what_is_no_torchscript_needs_a_model_fn(inspect: Any, model: Any, name: str) -> None:
    as_model = {"model.pt": None, f"model{Path(name).suffix}": model(name)}
    assert _ids(inspect(as_model)) == ["model-needs-handler"]
    assert _ids(inspect({**as_model, "code/inference.py": None})) == ["model-needs-handler"]
    assert inspect({**as_model, **_LOADER}) == []
    assert inspect({**as_model, "code/inference.py": b"from my_loader import *\n"}) == []


def test_a_legacy_pickle_is_no_archive(inspect: Any, model: Any) -> None:
    assert _ids(inspect({"model.pt": model("legacy.pt"), **_LOADER})) == ["pickle"]


def test_a_file_that_is_no_archive(inspect: Any) -> None:
    (finding,) = inspect({"model.pt": b"weights"})
    assert finding.id == "model-unreadable"
    assert "no zip archive" in finding.what
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    (finding,) = inspect({"model.pt": stream.getvalue()})
    assert "none of torch's" in finding.what


def test_code_that_torch_does_not_load(inspect: Any, model: Any, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pt"
    with zipfile.ZipFile(model("traced.pt").path) as source, zipfile.ZipFile(broken, "w") as target:
        for info in source.infolist():
            is_code = info.filename.endswith(".py")
            target.writestr(info.filename, b"class ??\n" if is_code else source.read(info))
    (finding,) = inspect({"model.pt": broken.read_bytes()})
    assert finding.id == "model-unreadable"
    assert "cannot be loaded by torch" in finding.what


@pytest.mark.parametrize("seed", range(25))
def test_a_damaged_archive_never_breaks_the_inspection(
    archives: Path, write_tarball: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # what is still whole would be loaded by torch; that takes seconds and is not what is tried here
    monkeypatch.setattr("assets.inspection.graphs._PROCESS", Path("/nonexistent"))
    monkeypatch.setattr("assets.inspection.graphs.metadata.version", lambda _: f"none-{seed}")
    draw = random.Random(seed)  # noqa: S311
    content = bytearray((archives / draw.choice(["traced.pt", "exported.pt2", "state.pt"])).read_bytes())
    for _ in range(draw.randint(1, 8)):
        content[draw.randrange(len(content))] = draw.randrange(256)
    if draw.random() < 0.5:
        del content[draw.randrange(len(content)) :]
    path = write_tarball(("model.pt", bytes(content)))
    assert inspect_tarball(path, target_of("ray-serve"))


def test_a_huge_list_of_records_is_not_read(inspect: Any) -> None:
    end = b"PK\5\6" + bytes(8) + (200 * 1024**2).to_bytes(4, "little") + bytes(6)
    (finding,) = inspect({"model.pt": end})
    assert "list of records is larger" in finding.what


def test_weights_are_not_read(inspect: Any, model: Any, tmp_path: Path) -> None:
    large = tmp_path / "large.pt"
    with zipfile.ZipFile(model("traced.pt").path) as source, zipfile.ZipFile(large, "w") as target:
        for info in source.infolist():
            name = info.filename
            if not name.endswith("/data/0"):
                target.writestr(name, source.read(info))
        # a hundred GiB of holes, which would have to be read, if anyone did
        last = zipfile.ZipInfo(f"{name.split('/', 1)[0]}/data/0")
        last.file_size = last.compress_size = 100 * 1024**3
        last.header_offset = target.start_dir
        last.CRC = 0
        target.fp.write(last.FileHeader(zip64=True))  # type: ignore[union-attr]
        target.fp.seek(last.file_size, 1)  # type: ignore[union-attr]
        target.start_dir = target.fp.tell()  # type: ignore[union-attr]
        target.filelist.append(last)
        target.NameToInfo[last.filename] = last
        target._didModify = True
    file = SourceFile("model.pt", large, FileState.of(large.stat()))
    assert file.state.size > last.file_size
    assert inspect({"model.pt": file}) == []


def test_a_list_is_kept_for_the_same_code_with_other_weights(
    inspect: Any, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert inspect({"model.pt": model("traced.pt")}) == []
    made: list[str] = []
    original = Records.find_or_make

    def spy(self: Records, key: str, make: Any, waiting: Any) -> Any:
        return original(self, key, lambda folder: made.append(key) or make(folder), waiting)

    monkeypatch.setattr(Records, "find_or_make", spy)
    stream = io.BytesIO()
    with zipfile.ZipFile(model("traced.pt").path) as source, zipfile.ZipFile(stream, "w") as target:
        for info in source.infolist():
            is_other = info.filename.endswith(("/data/0", "/.data/serialization_id"))
            target.writestr(info.filename, bytes(info.file_size) if is_other else source.read(info))
    assert inspect({"model.pt": model("traced.pt")}, container="ray-serve") == []
    assert inspect({"model.pt": stream.getvalue()}) == []
    assert made == []


def test_without_torch_it_is_said_that_nothing_is_known(
    inspect: Any, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        from importlib.metadata import PackageNotFoundError  # noqa: PLC0415

        raise PackageNotFoundError(name)

    monkeypatch.setattr("assets.inspection.graphs.metadata.version", missing)
    (finding,) = inspect({"model.pt": model("traced.pt")})
    assert (finding.id, finding.severity) == ("graphs-not-walked", "warning")


def test_a_model_that_has_to_be_loaded_whole_and_does_not_fit(
    inspect: Any, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assets.inspection.graphs._FORMAT", -3)
    monkeypatch.setattr("assets.inspection.graphs._MEMORY_SHARE", 0)
    (finding,) = inspect({"model.pt": model("quantized.pt")})
    assert finding.id == "graphs-not-walked"
    assert "memory" in finding.what
    monkeypatch.undo()
    assert inspect({"model.pt": model("quantized.pt")}) == []


def test_a_process_that_dies_is_said(
    inspect: Any, model: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dies = tmp_path / "dies.py"
    dies.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    monkeypatch.setattr("assets.inspection.graphs._PROCESS", dies)
    monkeypatch.setattr("assets.inspection.graphs._FORMAT", -1)
    (finding,) = inspect({"model.pt": model("traced.pt")})
    assert finding.id == "graphs-not-walked"
    assert "signal 9" in finding.what


def test_a_process_that_hangs_is_ended(
    inspect: Any, model: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hangs = tmp_path / "hangs.py"
    hangs.write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setattr("assets.inspection.graphs._PROCESS", hangs)
    monkeypatch.setattr("assets.inspection.graphs._FORMAT", -2)
    monkeypatch.setattr("assets.inspection.graphs._TIME_LIMIT", 0.2)
    (finding,) = inspect({"model.pt": model("traced.pt")})
    assert finding.id == "graphs-not-walked"


def test_torch_is_not_imported_here() -> None:
    script = "import sys, assets.inspection, assets.inspection.graphs; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
