"""A model with vendored dependencies, packaged."""

import json
from pathlib import Path

import pytest

from assets.errors import AssetError
from assets.model_folder import find_model
from assets.package import package
from assets.vendored.resolve import update_lock


@pytest.fixture
def vendored(toy: Path, make_wheel) -> Path:
    """A model whose one dependency is vendored for the slim container."""
    make_wheel("apple")
    (toy / "requirements.txt").write_text("apple==1.0\n")
    (toy / "model.yaml").write_text("dependencies: vendored\n")
    update_lock(find_model("toy"), "slim", progress=lambda _: None)
    return toy


def test_the_tarball_holds_the_packages_and_asks_for_none(vendored, contents_of):
    contents = contents_of(package(find_model("toy")).path)
    assert contents["code/lib/apple.py"] == b"VERSION = '1.0'\n"
    assert not [name for name in contents if "requirements" in name]
    manifest = json.loads(contents["manifest.json"])
    assert manifest["container"] == "slim"
    assert "code/lib/apple.py" in manifest["files"]


def test_the_name_of_the_container_is_part_of_the_digest(vendored):
    model = find_model("toy")
    update_lock(model, "ray-serve", progress=lambda _: None)
    slim, ray = package(model), package(model, container="ray-serve")
    assert (slim.container, ray.container) == ("slim", "ray-serve")
    assert slim.digest != ray.digest
    assert slim.path != ray.path


def test_a_package_that_installs_at_start_is_for_any_container(toy, contents_of):
    slim, ray = package(find_model("toy")), package(find_model("toy"), container="ray-serve")
    assert slim == ray
    assert slim.container is None
    contents = contents_of(slim.path)
    assert contents["code/requirements.txt"]
    assert json.loads(contents["manifest.json"])["container"] is None


def test_another_lock_is_another_package(vendored, make_wheel):
    before = package(find_model("toy")).digest
    make_wheel("apple", "1.1")
    (vendored / "requirements.txt").write_text("apple\n")
    with pytest.raises(AssetError, match="is stale"):
        package(find_model("toy"))
    update_lock(find_model("toy"), "slim", progress=lambda _: None)
    assert package(find_model("toy")).digest != before


def test_a_lock_does_not_go_into_the_tarball_nor_make_a_new_export(toy, make_wheel, pack, contents_of):
    (toy / "requirements.slim.lock").write_text("# of another day\n")
    packed, steps = pack()
    assert steps == []
    assert "code/requirements.slim.lock" not in contents_of(packed.path)


def test_nothing_of_the_packing_is_left(vendored, records_of):
    package(find_model("toy"))
    assert not [name for name in records_of("packages") if "tmp" in name]
    record, *_ = (vendored.parents[1] / ".slipway/packages").glob("*/*/package.json")
    assert sorted(path.name for path in record.parent.iterdir()) == ["model.tar.gz", "package.json"]
