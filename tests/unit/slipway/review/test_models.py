"""What changes of a model is read from the packages of both sides."""

import hashlib
from pathlib import Path

import pytest

from assets.manifest import MANIFEST, ModelFile, manifest
from assets.tarball import Content, write_tarball
from slipway.review.assembly import Stack
from slipway.review.models import ModelChange, model_changes, package_sizes

from .templates import resource


def package(handler: bytes, requirements: bytes, weights: bytes = b"weights") -> dict[str, Content]:
    members: dict[str, Content] = {
        "model.pt": weights,
        "code/inference.py": handler,
        "code/requirements.txt": requirements,
    }
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}  # type: ignore[arg-type]
    listing = manifest(ModelFile("model.pt", "torchscript", "2.13.0", "3.11"), digests, "inference.py", handler)
    return {**members, MANIFEST: listing}


def digest_of(members: dict[str, Content]) -> str:
    listing = members[MANIFEST]
    assert isinstance(listing, bytes)
    return hashlib.sha256(listing).hexdigest()


def deployed(objects: dict[str, Path], digest: str) -> Stack:
    model = resource("AWS::SageMaker::Model", Tags=[{"Key": "slipway:model-digest", "Value": digest}])
    return Stack("Slipway-prod-linear", Path(), {"Resources": {"Model": model}}, objects=objects)


def as_tarball(folder: Path, members: dict[str, Content]) -> Stack:
    digest = digest_of(members)
    path = folder / digest / "model.tar.gz"
    path.parent.mkdir(parents=True)
    write_tarball(path, members)
    return deployed({f"models/linear/{digest}.tar.gz": path}, digest)


def uncompressed(folder: Path, members: dict[str, Content]) -> Stack:
    digest = digest_of(members)
    objects = {}
    for name, content in members.items():
        path = folder / digest / name
        path.parent.mkdir(parents=True, exist_ok=True)
        assert isinstance(content, bytes)
        path.write_bytes(content)
        objects[f"models/linear/{digest}/{name}"] = path
    return deployed(objects, digest)


OLD = package(b"def model_fn(d): pass", b"numpy==1\n# a comment\n")
NEW = package(b"def input_fn(b, t): pass", b"numpy==2  # why\n\npillow\n")


@pytest.mark.parametrize("publish", [as_tarball, uncompressed])
def test_functions_requirements_and_files_are_compared(publish: type[Stack], tmp_path: Path) -> None:
    (change,) = model_changes(publish(tmp_path, OLD), publish(tmp_path, NEW))
    assert change.old
    assert change.new
    assert (change.old.functions, change.new.functions) == (("model_fn",), ("input_fn",))
    assert (change.old.requirements, change.new.requirements) == (("numpy==1",), ("numpy==2", "pillow"))
    assert (change.new.format, change.new.torch, change.new.python) == ("torchscript", "2.13.0", "3.11")
    assert change.changed_files == ["code/inference.py", "code/requirements.txt"]
    assert change.new.size > 0


def test_a_package_that_stays_is_not_opened(tmp_path: Path) -> None:
    assert model_changes(deployed({}, "1"), deployed({}, "1")) == []


def test_a_model_may_come_and_go(tmp_path: Path) -> None:
    nothing = Stack("Slipway-prod-linear", Path(), {})
    stack = as_tarball(tmp_path, OLD)
    (comes,), (goes,) = model_changes(nothing, stack), model_changes(stack, nothing)
    assert (comes.old, goes.new) == (None, None)
    assert comes.new == goes.old
    assert isinstance(comes, ModelChange)


def test_the_size_of_a_package_is_that_of_what_is_published(tmp_path: Path) -> None:
    whole = sum(len(content) for content in OLD.values() if isinstance(content, bytes))
    assert package_sizes(uncompressed(tmp_path, OLD)) == {digest_of(OLD): whole}
    packed = as_tarball(tmp_path / "packed", OLD)
    assert package_sizes(packed) == {digest_of(OLD): next(iter(packed.objects.values())).stat().st_size}
    assert package_sizes(deployed({}, "1")) == {}
