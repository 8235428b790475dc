"""What is packed, and what is refused."""

import io
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from assets import checkout
from assets.errors import AssetError
from assets.package import Package

Pack = Callable[..., tuple[Package, list[str]]]
ContentsOf = Callable[[Path], dict[str, bytes]]


def test_the_tarball_is_laid_out_as_the_containers_want_it(toy: Path, pack: Pack, contents_of: ContentsOf) -> None:
    packed, steps = pack()
    contents = contents_of(packed.path)
    assert sorted(contents) == [
        "code/inference.py",
        "code/labels/classes.txt",
        "code/layers.py",
        "code/requirements.txt",
        "manifest.json",
        "model.pt",
        "serving.json",
        "warm_up.body",
    ]
    assert json.loads(contents["serving.json"]) == {
        "entry_point": "inference.py",
        "warm_up": {"body": "warm_up.body", "content_type": "application/json", "accept": "application/json"},
    }
    assert contents["warm_up.body"] == b"[1.0,2.0]"
    assert contents["code/inference.py"] == (toy / "inference.py").read_bytes()
    assert (packed.model, packed.entry_point) == ("toy", "inference.py")
    assert packed.path.name == "model.tar.gz"
    assert packed.size == packed.path.stat().st_size
    assert steps == []


def test_output_dir_gets_a_copy_of_its_own(toy: Path, pack: Pack) -> None:
    packed, _ = pack(output_dir=checkout.ROOT / "out/deep")
    copy = checkout.ROOT / "out/deep/model.tar.gz"
    assert copy.read_bytes() == packed.path.read_bytes()
    assert not copy.samefile(packed.path)
    assert list(copy.parent.iterdir()) == [copy]


def test_a_copy_that_was_killed_is_removed_and_one_that_goes_on_is_not(toy: Path, pack: Pack) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    folder = checkout.ROOT / "out"
    folder.mkdir()
    dead, alive, other = (
        folder / f".model.tar.gz.{name}.tmp" for name in (ended.pid, os.getppid(), "not-a-process")
    )
    for leftover in (dead, alive, other):
        leftover.touch()
    pack(output_dir=folder)
    assert {path.name for path in folder.iterdir()} == {"model.tar.gz", alive.name}


def test_an_output_dir_that_is_a_file_is_refused(toy: Path, pack: Pack) -> None:
    (checkout.ROOT / "out").write_text("")
    with pytest.raises(AssetError, match=r"^out.*: .*\. The model toy was not packaged\.$"):
        pack(output_dir=checkout.ROOT / "out")


def test_a_model_without_handler_and_samples_is_served_by_defaults(
    toy: Path, pack: Pack, contents_of: ContentsOf
) -> None:
    (toy / "inference.py").unlink()
    (toy / "samples/one.yaml").unlink()
    packed, steps = pack()
    contents = contents_of(packed.path)
    assert steps == ["packing toy"]
    assert not {"code/inference.py", "warm_up.body"} & set(contents)
    assert json.loads(contents["serving.json"]) == {"entry_point": "inference.py"}


def test_model_yaml_may_name_the_handler(toy: Path, pack: Pack, contents_of: ContentsOf) -> None:
    (toy / "inference.py").rename(toy / "serve.py")
    (toy / "model.yaml").write_text("entry_point: serve.py\n")
    packed, steps = pack()
    contents = contents_of(packed.path)
    assert (packed.entry_point, steps) == ("serve.py", ["packing toy"])
    assert "code/serve.py" in contents
    assert json.loads(contents["serving.json"])["entry_point"] == "serve.py"


def test_a_handler_that_model_yaml_names_must_be_there(toy: Path, pack: Pack) -> None:
    (toy / "model.yaml").write_text("entry_point: serve.py\n")
    with pytest.raises(AssetError, match=r"^model_code/toy/model\.yaml: entry_point: there is no serve\.py in "):
        pack()


def test_a_handler_with_a_syntax_error_is_refused(toy: Path, pack: Pack) -> None:
    (toy / "inference.py").write_text("def input_fn(:\n")
    with pytest.raises(AssetError, match=r"^model_code/toy/inference\.py, line 1: SyntaxError: "):
        pack()


def test_a_broken_sample_is_refused_before_the_export(toy: Path, pack: Pack) -> None:
    (toy / "samples/one.yaml").write_text("accept: text/csv\n")
    (toy / "layers.py").write_text("raise SystemExit\n")
    with pytest.raises(AssetError, match=r"^model_code/toy/samples/one\.yaml: has neither body nor body_file"):
        pack()


def test_a_model_py_that_the_handler_imports_is_packed(toy: Path, pack: Pack, contents_of: ContentsOf) -> None:
    (toy / "inference.py").write_text("from model import Scaled\n")
    packed, _ = pack()
    assert "code/model.py" in contents_of(packed.path)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_the_exported_model_can_be_loaded(toy: Path, pack: Pack, contents_of: ContentsOf) -> None:
    import torch  # noqa: PLC0415 (slow to import, and used here alone)

    packed, _ = pack()
    model = torch.jit.load(io.BytesIO(contents_of(packed.path)["model.pt"]))
    assert model(torch.tensor([1.0, 2.0])).tolist() == [2.0, 6.0]
