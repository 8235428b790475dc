"""Which wheels a requirements.txt means for a container."""

from pathlib import Path

import pytest

from assets.errors import AssetError
from assets.model_folder import find_model
from assets.vendored.container_platform import container_platform
from assets.vendored.resolve import update_lock


def locked(path: Path) -> dict[str, str]:
    """Read the versions in a lock."""
    lines = [line.removesuffix(" \\") for line in path.read_text().splitlines() if "==" in line and line[0] != "#"]
    return dict(line.split("==") for line in lines)


def lock(model, container="slim"):
    return locked(update_lock(model, container, progress=lambda _: None))


def test_what_is_asked_for_and_what_that_needs(ask, make_wheel):
    make_wheel("apple", requires=["pear>=1"])
    make_wheel("pear", "1.5")
    make_wheel("plum")
    assert lock(ask("apple==1.0", "# nothing else")) == {"apple": "1.0", "pear": "1.5"}


@pytest.mark.parametrize(("container", "older"), [("slim", False), ("ray-serve", False)])
def test_conditions_are_read_as_on_the_container(ask, make_wheel, container, older):
    python = container_platform(container).python_version
    conditions = {
        "same": f'python_version == "{python}"',
        "older": f'python_version < "{python}"',
        "linux": 'sys_platform == "linux" and platform_machine == "x86_64"',
        "mac": 'sys_platform == "darwin"',
    }
    make_wheel("apple", requires=[f"{name}; {condition}" for name, condition in conditions.items()])
    for name in conditions:
        make_wheel(name)
    assert lock(ask("apple"), container).keys() == {"apple", "same", "linux"}


def test_wheels_are_those_of_the_container(ask, make_wheel, members):
    for tag in (
        "cp311-cp311-manylinux_2_17_x86_64",
        "cp312-cp312-manylinux_2_28_x86_64",
        "cp313-cp313-manylinux2014_x86_64",
        "cp312-cp312-manylinux_2_28_aarch64",
        "cp312-cp312-macosx_11_0_arm64",
        "cp312-cp312-manylinux_2_99_x86_64",
    ):
        make_wheel("apple", files={"apple.py": tag}, tag=tag)
    model = ask("apple")
    assert members(model, "slim")["code/lib/apple.py"] == b"cp312-cp312-manylinux_2_28_x86_64"
    assert members(model, "ray-serve")["code/lib/apple.py"] == b"cp313-cp313-manylinux2014_x86_64"


def test_what_the_container_brings_is_neither_packed_nor_looked_for(ask, make_wheel):
    make_wheel("apple", requires=["torch>=2", "numpy"])
    assert lock(ask("apple", "numpy", "torch")) == {"apple": "1.0"}


def test_only_what_the_container_brings(ask, index, members):
    assert members(ask("numpy")) == {}


def test_a_version_of_what_the_container_brings_decides_about_others(ask, make_wheel):
    make_wheel("apple", "2.0", requires=["torch<2"])
    make_wheel("apple", "1.0", requires=["torch>2"])
    assert lock(ask("apple")) == {"apple": "1.0"}


def test_another_version_of_what_the_container_brings_is_refused(ask, make_wheel):
    make_wheel("numpy", "1.26.4", tag="cp312-cp312-manylinux_2_17_x86_64")
    with pytest.raises(AssetError) as error:
        lock(ask("numpy==1.26.4"))
    text = str(error.value)
    assert text.startswith(
        "model_code/toy/requirements.txt: no set of wheels fits it on the container slim (Python 3.12"
    )
    assert "numpy==1.26.4" in text
    assert f"numpy {container_platform('slim').provided['numpy']}" in text


def test_a_source_distribution_is_not_built(ask, index):
    (index / "apple-1.0.tar.gz").write_bytes(b"not even read")
    with pytest.raises(AssetError, match="No matching distribution found for apple"):
        lock(ask("apple==1.0"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("-r other.txt", "is or has an option of pip"),
        ("--index-url https://example.com", "is or has an option of pip"),
        ("apple==1.0 --hash=sha256:00", "is or has an option of pip"),
        ("-e .", "is or has an option of pip"),
        ("apple @ https://example.com/apple-1.0-py3-none-any.whl", "names a URL"),
        ("./apple.whl", "is no requirement such as name==1.2.3"),
        ("apple=1.0", "is no requirement such as name==1.2.3"),
        ("uvicorn[standard]", "asks for extras of a package that the container slim brings itself"),
    ],
)
def test_lines_that_no_lock_can_renew(ask, index, line, words):
    with pytest.raises(AssetError) as error:
        lock(ask("# first", line))
    assert str(error.value).startswith(f"model_code/toy/requirements.txt, line 2: {line!r} ")
    assert words in str(error.value)


def test_all_wrong_lines_are_reported_together(ask, index):
    with pytest.raises(AssetError) as error:
        lock(ask("-e .", "fine", "a b"))
    assert [line.split(": ")[0] for line in str(error.value).splitlines()] == [
        "model_code/toy/requirements.txt, line 1",
        "model_code/toy/requirements.txt, line 3",
    ]


def test_lines_may_be_continued_and_commented(ask, make_wheel):
    make_wheel("apple")
    make_wheel("pear")
    assert lock(ask("apple \\", "  ==1.0  # the first", "", "pear # the second")) == {
        "apple": "1.0",
        "pear": "1.0",
    }


def test_a_package_may_not_ask_for_extras_of_what_the_container_brings(ask, make_wheel):
    make_wheel("apple", requires=["uvicorn[standard]"])
    with pytest.raises(
        AssetError, match=r"toy/requirements.txt: apple 1.0: 'uvicorn\[standard\]' asks for extras"
    ):
        lock(ask("apple"))


def test_there_is_nothing_to_lock_without_requirements(root, index):
    (root / "model_code/toy").mkdir()
    with pytest.raises(AssetError, match=r"model_code/toy/requirements.txt: does not exist, so there is nothing"):
        lock(find_model("toy"))


def test_the_slim_container_is_what_serving_builds():
    platform = container_platform("slim")
    serving = Path(__file__).parents[4] / "serving"
    assert f"FROM python:{platform.python_version}." in (serving / "Dockerfile").read_text()
    assert f"torch=={platform.provided['torch']}" in (serving / "requirements.txt").read_text()


def test_an_unknown_container():
    with pytest.raises(AssetError, match="'slimm' is no container; allowed: slim, ray-serve, pytorch-inference"):
        container_platform("slimm")
