"""The committed lock: what it holds, when it is stale, and that only it decides what is packed."""

import subprocess
import sys
import zipfile

import pytest

from assets import checkout
from assets.errors import AssetError
from assets.vendored.plan import plan_vendored
from assets.vendored.resolve import update_lock


def test_the_members_are_the_files_of_the_wheels(ask, make_wheel, members):
    make_wheel("apple", files={"apple/__init__.py": "", "apple/core.py": "CORE = 1\n"})
    found = members(ask("apple"))
    assert found["code/lib/apple/core.py"] == b"CORE = 1\n"
    assert set(found) == {
        "code/lib/apple/__init__.py",
        "code/lib/apple/core.py",
        *(f"code/lib/apple-1.0.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL")),
    }


def test_the_lock_is_one_that_pip_takes(ask, make_wheel, tmp_path):
    make_wheel("apple", requires=["pear"])
    make_wheel("pear")
    lock = update_lock(ask("apple"), "slim", progress=lambda _: None)
    assert lock.name == "requirements.slim.lock"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--target",
        str(tmp_path / "there"),
        "-r",
        lock,
    ]
    subprocess.run(pip, check=True, capture_output=True)
    assert (tmp_path / "there/pear.py").exists()


def test_a_missing_lock_names_the_mend(ask, index):
    with pytest.raises(AssetError) as error:
        plan_vendored(ask("apple"), "slim")
    assert str(error.value) == (
        "model_code/toy/requirements.slim.lock: is missing: vendored dependencies are packed from it. "
        "Run `slipway package toy --update-lock` and commit it."
    )


def test_another_requirement_makes_the_lock_stale_and_a_comment_does_not(ask, make_wheel):
    make_wheel("apple")
    model = ask("apple")
    update_lock(model, "slim", progress=lambda _: None)
    plan_vendored(ask("# why", "apple   # because"), "slim")
    with pytest.raises(
        AssetError, match=r"requirements.slim.lock: is stale: .* Run `slipway package toy --update"
    ):
        plan_vendored(ask("apple>=1"), "slim")


def test_each_container_has_a_lock_of_its_own(ask, make_wheel):
    make_wheel("apple")
    model = ask("apple")
    update_lock(model, "slim", progress=lambda _: None)
    with pytest.raises(AssetError, match=r"requirements.ray-serve.lock: is missing"):
        plan_vendored(model, "ray-serve")
    update_lock(model, "ray-serve", progress=lambda _: None)
    slim, ray = plan_vendored(model, "slim"), plan_vendored(model, "ray-serve")
    assert slim.wheels == ray.wheels
    assert slim.key != ray.key


def test_a_lock_of_another_container_is_stale(ask, make_wheel):
    make_wheel("apple")
    model = ask("apple")
    lock = update_lock(model, "slim", progress=lambda _: None)
    lock.rename(lock.with_name("requirements.ray-serve.lock"))
    with pytest.raises(AssetError, match="is stale"):
        plan_vendored(model, "ray-serve")


def test_a_lock_that_was_edited(ask, make_wheel):
    make_wheel("apple")
    model = ask("apple")
    lock = update_lock(model, "slim", progress=lambda _: None)
    lock.write_text(lock.read_text() + "pear==1.0\n")
    with pytest.raises(AssetError, match=r"'pear==1.0' is not `name==version --hash=sha256:…`. Run"):
        plan_vendored(model, "slim")


def test_a_model_without_requirements_has_nothing_to_vendor(ask, members):
    model = ask()
    (model.path / "requirements.txt").unlink()
    assert members(model, lock=False) == {}


def test_a_folder_of_the_models_own_may_not_be_in_the_way(ask, make_wheel):
    model = ask("apple")
    (model.path / "lib").mkdir()
    with pytest.raises(AssetError, match=r"model_code/toy/lib: vendored dependencies go into code/lib"):
        plan_vendored(model, "slim")


def test_newer_versions_come_with_a_new_lock_alone(ask, make_wheel, members):
    make_wheel("apple", "1.0")
    model = ask("apple")
    assert members(model)["code/lib/apple.py"] == b"VERSION = '1.0'\n"
    make_wheel("apple", "2.0")
    assert members(model, lock=False)["code/lib/apple.py"] == b"VERSION = '1.0'\n"
    assert members(model)["code/lib/apple.py"] == b"VERSION = '2.0'\n"


def test_nothing_is_fetched_twice_and_nothing_needs_a_network_then(ask, make_wheel, members):
    wheel = make_wheel("apple")
    model = ask("apple")
    first: list[str] = []
    again: list[str] = []
    found = members(model, steps=first)
    wheel.unlink()
    assert members(model, lock=False, steps=again) == found
    assert "fetching 1 of the 1 wheels of model_code/toy/requirements.slim.lock" in first
    assert again == []


def test_another_wheel_of_the_same_name_is_refused(ask, make_wheel, members):
    make_wheel("apple")
    model = ask("apple")
    update_lock(model, "slim", progress=lambda _: None)
    make_wheel("apple", files={"apple.py": "EVIL = True\n"})
    with pytest.raises(AssetError) as error:
        members(model, lock=False)
    text = str(error.value)
    assert text.startswith("model_code/toy/requirements.slim.lock: its wheels cannot be fetched")
    assert "DO NOT MATCH THE HASHES" in text
    assert not list((checkout.STATE / "wheels").rglob("*.whl"))


def test_a_wheel_that_was_damaged_on_the_disk_is_fetched_again(ask, make_wheel, members):
    make_wheel("apple")
    model = ask("apple")
    found = members(model)
    (kept,) = (checkout.STATE / "wheels").rglob("*.whl")
    kept.write_bytes(kept.read_bytes()[:-1])
    assert members(model, lock=False) == found


def test_a_wheel_that_is_gone(ask, make_wheel, members):
    wheel = make_wheel("apple")
    model = ask("apple")
    update_lock(model, "slim", progress=lambda _: None)
    wheel.unlink()
    with pytest.raises(
        AssetError, match=r"cannot be fetched; renew it with --update-lock if they are gone: .*apple"
    ):
        members(model, lock=False)


def test_a_failed_lock_leaves_the_old_one(ask, make_wheel):
    make_wheel("apple")
    lock = update_lock(ask("apple"), "slim", progress=lambda _: None)
    before = lock.read_bytes()
    with pytest.raises(AssetError):
        update_lock(ask("banana"), "slim", progress=lambda _: None)
    assert lock.read_bytes() == before
    assert [path.name for path in lock.parent.iterdir() if "lock" in path.name] == [lock.name]


def test_the_same_lock_gives_the_same_bytes_in_another_checkout(ask, make_wheel, members, monkeypatch, tmp_path):
    make_wheel("apple", files={"apple/b.py": "2", "apple/a.py": "1"})
    model = ask("apple")
    here = members(model)
    monkeypatch.setattr(checkout, "STATE", tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    assert list(members(model, lock=False).items()) == list(here.items())


def test_only_what_belongs_into_the_folder_of_packages_is_unpacked(ask, make_wheel, members):
    files = {
        "apple-1.0.data/purelib/apple/pure.py": "1",
        "apple-1.0.data/platlib/apple/plat.py": "2",
        "apple-1.0.data/scripts/apple": "#!python",
        "apple-1.0.data/data/share/apple.txt": "3",
        "apple/__pycache__/pure.cpython-312.pyc": "4",
    }
    make_wheel("apple", files=files)
    found = {name for name in members(ask("apple")) if "dist-info" not in name}
    assert found == {"code/lib/apple/pure.py", "code/lib/apple/plat.py"}


def test_two_wheels_may_share_equal_files_alone(ask, make_wheel, members):
    make_wheel("apple", files={"fruit/__init__.py": "", "fruit/apple.py": ""})
    make_wheel("pear", files={"fruit/__init__.py": "", "fruit/pear.py": ""})
    found = members(ask("apple", "pear"))
    assert {"code/lib/fruit/apple.py", "code/lib/fruit/pear.py"} < set(found)
    make_wheel("plum", files={"fruit/__init__.py": "PLUM = 1"})
    with pytest.raises(AssetError, match=r"apple-1.0.* and plum-1.0.* both bring fruit/__init__.py"):
        members(ask("apple", "plum"))


@pytest.mark.parametrize("name", ["../apple.py", "/tmp/apple.py", "apple/../../apple.py"])
def test_no_wheel_leads_out_of_its_folder(ask, make_wheel, members, name):
    path = make_wheel("apple")
    with zipfile.ZipFile(path, "a") as wheel:
        wheel.writestr(name, "x")
    with pytest.raises(AssetError, match="leads out of the folder of packages"):
        members(ask("apple"))
