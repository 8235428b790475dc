"""The catalogue of containers: complete, and used for what is packed and inspected."""

import pytest

from assets.container_catalogue import container, container_of_repository, containers, own_container
from assets.errors import AssetError
from assets.vendored.container_platform import container_platform


def test_an_unknown_container_is_named_with_the_nearest() -> None:
    with pytest.raises(AssetError, match=r"'ray-srve' is no container; allowed: .*; did you mean ray-serve\?$"):
        container("ray-srve")


def test_a_repository_is_that_of_one_container() -> None:
    found = {entry.repository: entry for entry in containers().values() if entry.repository}
    assert all(container_of_repository(repository) is entry for repository, entry in found.items())
    assert container_of_repository("slipway-dev") is None


def test_only_what_slipway_builds_has_no_tags() -> None:
    for entry in containers().values():
        is_own = entry is own_container()
        assert all((build.tag is None) == is_own for build in entry.builds)
        assert (entry.repository is None) == is_own
        assert len({build.tag for build in entry.builds}) == (1 if is_own else len(entry.builds))


def test_each_hardware_has_one_container_that_is_taken_unasked() -> None:
    defaults = [entry.default_for for entry in containers().values() if entry.default_for]
    assert sorted(defaults) == ["cpu", "gpu"]


@pytest.mark.parametrize("name", list(containers()))
def test_the_platform_of_each_container_is_known(name: str) -> None:
    platform = container_platform(name)
    assert (platform.name, platform.provided["torch"].count(".")) == (name, 2)
    assert platform.tags[0] == f"manylinux_2_{platform.glibc}_x86_64"
