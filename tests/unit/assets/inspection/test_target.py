import re
from pathlib import Path

import pytest

from assets.errors import AssetError
from assets.inspection import FINDINGS, Target, target_of
from assets.inspection.operator_lists import operators_of

_ROOT = Path(__file__).parents[4]


def test_slim_is_what_its_image_is_built_of() -> None:
    image = (_ROOT / "serving/Dockerfile").read_text()
    requirements = (_ROOT / "serving/requirements.txt").read_text()
    slim = target_of("slim")
    assert f"FROM python:{slim.python[0]}.{slim.python[1]}." in image
    assert f"torch=={slim.torch}." in requirements


def test_the_other_containers() -> None:
    assert target_of("ray-serve") == Target("ray-serve", (3, 13), "2.10")
    assert target_of("pytorch-inference") == Target("pytorch-inference", (3, 12), "2.6")
    with pytest.raises(AssetError, match="'tgi' is no container"):
        target_of("tgi")


@pytest.mark.parametrize("container", ["slim", "ray-serve", "pytorch-inference"])
def test_each_container_has_a_list_of_operators(container: str) -> None:
    assert operators_of(target_of(container).torch).has("aten::add")


def test_every_finding_is_in_the_catalogue_and_documented() -> None:
    sources = "".join(path.read_text() for path in (_ROOT / "assets/inspection").glob("*.py"))
    raised = set(re.findall(r"(?:error|warning|severity)\(\s*\"([a-z-]+)\"", sources))
    assert raised == set(FINDINGS)
    documented = re.findall(r"^\| `([a-z-]+)` \|", (_ROOT / "docs/inspection.md").read_text(), re.MULTILINE)
    assert sorted(documented) == sorted(FINDINGS)
