import hashlib
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.manifest import ModelFile, manifest
from assets.package import Package

Pack = Callable[..., tuple[Package, list[str]]]

MODEL = ModelFile(file="model.pt", format="torchscript")


def test_the_manifest_of_a_package_is_its_last_member_and_lists_the_others(toy: Path, pack: Pack) -> None:
    import torch  # noqa: PLC0415 (slow to import)

    packed, _ = pack()
    with tarfile.open(packed.path) as tar:
        files = {entry.name: tar.extractfile(entry) for entry in tar}
        contents = {name: file.read() for name, file in files.items() if file}
    assert list(contents) == [*sorted(set(contents) - {"manifest.json"}), "manifest.json"]
    listing = contents.pop("manifest.json")
    read = json.loads(listing)
    assert read["files"] == {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    assert read["handler"] == {"file": "code/inference.py", "functions": ["input_fn"]}
    assert read["format"] == 1
    assert (read["model"]["file"], read["model"]["format"]) == ("model.pt", "torchscript")
    assert read["model"]["torch"] == torch.__version__.partition("+")[0]
    assert read["model"]["python"].startswith("3.")
    assert list(read) == sorted(read)
    assert packed.digest == hashlib.sha256(listing).hexdigest()


@pytest.mark.parametrize(
    ("handler", "functions"),
    [
        ("", []),
        ("def model_fn(d): ...\nasync def predict_fn(x, m): ...\ndef other(): ...", ["model_fn", "predict_fn"]),
        ("from parts import output_fn\nfrom parts import read as input_fn", ["input_fn", "output_fn"]),
        ("transform_fn = make()", ["transform_fn"]),
        ("class A:\n    def model_fn(self): ...\ndef f():\n    def input_fn(): ...", []),
    ],
)
def test_the_functions_of_a_handler(handler: str, functions: list[str]) -> None:
    read = json.loads(manifest(MODEL, {}, "serve.py", handler.encode()))
    assert read["handler"] == {"file": "code/serve.py", "functions": functions}


def test_without_a_handler_there_is_none() -> None:
    assert json.loads(manifest(MODEL, {}, "inference.py", None))["handler"] is None


def test_the_order_of_files_is_of_no_account() -> None:
    assert manifest(MODEL, {"a": "1", "b": "2"}, "x.py", None) == manifest(
        MODEL, {"b": "2", "a": "1"}, "x.py", None
    )
