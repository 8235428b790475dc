"""Which server software an image means on this machine."""

import sys
from pathlib import Path

import pytest

from assets.container_catalogue import containers
from local_aws.sagemaker.software.choice import software_of
from local_aws.sagemaker.software.dockerfile import Recipe
from local_aws.sagemaker.software.image_recipes import ImageRecipes

_DLC = "763104351884.dkr.ecr.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("image", "module"),
    [
        (f"{_DLC}/ray:serve-ml-sagemaker-cpu-v1.4", "local_aws.sagemaker.software.ray_serve"),
        (f"{_DLC}/ray@sha256:{'0' * 64}", "local_aws.sagemaker.software.ray_serve"),
        (f"{_DLC}/pytorch-inference:2.6.0-cpu-py312", "serving"),
        ("000000000000.dkr.ecr.us-east-1.amazonaws.com/slipway-local:abc", "serving"),
        ("000000000000.dkr.ecr.us-east-1.amazonaws.com/array:abc", "serving"),
        ("", "serving"),
    ],
)
def test_every_image_has_a_server(image: str, module: str) -> None:
    command = software_of(image).command(Path("/model"), Path("/packages"), "127.0.0.1", 8080)

    assert command[: command.index(module) + 1][-2:] == ["-m", module]
    assert command[0] == sys.executable
    assert command[-4:] == ["--host", "127.0.0.1", "--port", "8080"]


@pytest.mark.parametrize(
    ("image", "noted"),
    [
        (f"{_DLC}/pytorch-inference:2.6.0-cpu-py312", True),
        (f"{_DLC}/ray:serve-ml-sagemaker-cpu-v1.4", False),
        ("000000000000.dkr.ecr.us-east-1.amazonaws.com/slipway-local:abc", False),
    ],
)
def test_it_is_said_when_another_server_stands_in(image: str, noted: bool) -> None:
    note = software_of(image).note

    assert (note is not None) == noted
    assert not noted or image in str(note)


OWN = "000000000000.dkr.ecr.us-east-1.amazonaws.com/slipway-local:abc"
RAY_SERVE = "local_aws.sagemaker.software.ray_serve"


def test_the_repositories_of_awss_containers_are_told_from_others() -> None:
    slim = software_of(OWN)
    for entry in containers().values():
        image = f"{_DLC}/{entry.repository}:{entry.builds[0].tag}" if entry.repository else OWN
        assert (software_of(image) == slim) == (entry.repository is None)


class TestOwnDockerfile:
    """An image that the image builder was asked for."""

    @pytest.fixture
    def recipes(self, tmp_path: Path) -> ImageRecipes:
        return ImageRecipes(tmp_path)

    def test_its_packages_are_installed_before_the_software_starts(
        self, recipes: ImageRecipes, tmp_path: Path
    ) -> None:
        recipes.keep(OWN, Recipe("python:3.12", ("--index-url https://i.example", "scipy==1.2", "Torch==2.13.0")))
        software = software_of(OWN, tmp_path)
        command = software.command(Path("/model"), Path("/packages"), "127.0.0.1", 8080)

        requirements = Path(command[command.index("--requirements") + 1])
        assert requirements.read_text().splitlines() == ["--index-url https://i.example", "scipy==1.2"]
        assert command[command.index("--") + 1 :] == software_of("").command(
            Path("/model"), Path("/packages"), "127.0.0.1", 8080
        )

    def test_it_is_said_that_no_container_runs_and_what_does(self, recipes: ImageRecipes, tmp_path: Path) -> None:
        recipes.keep(OWN, Recipe("nvidia/cuda:12.9.0-base", ("scipy",), ("./wheel.whl",)))
        note = str(software_of(OWN, tmp_path).note)

        for part in ("no container runs", "the slim server", "the pip packages", OWN, "nvidia/cuda:12.9.0-base"):
            assert part in note
        assert "./wheel.whl could not be read" in note

    @pytest.mark.parametrize("lines", [(), ("torch==2.13.0",), ("--no-index",)])
    def test_without_packages_of_its_own_the_software_starts_at_once(
        self, recipes: ImageRecipes, tmp_path: Path, lines: tuple[str, ...]
    ) -> None:
        recipes.keep(OWN, Recipe("python:3.12", lines))
        software = software_of(OWN, tmp_path)

        assert software.requirements is None
        assert "with nothing of its Dockerfile" in str(software.note)

    @pytest.mark.parametrize(
        ("base", "module"),
        [
            (f"{_DLC}/ray:serve-ml-sagemaker-cuda-v1.4", RAY_SERVE),
            ("public.ecr.aws/deep-learning-containers/ray:serve-ml-sagemaker-cpu-v1", RAY_SERVE),
            ("rayproject/ray:2.57.0", "serving"),
            (f"{_DLC}/pytorch-inference:2.6.0-cpu-py312", "serving"),
            ("python:3.12-slim", "serving"),
        ],
    )
    def test_what_it_builds_on_decides_the_software(
        self, recipes: ImageRecipes, tmp_path: Path, base: str, module: str
    ) -> None:
        recipes.keep(OWN, Recipe(base))

        assert software_of(OWN, tmp_path).module == module

    def test_another_name_of_the_image_has_the_same_recipe(self, recipes: ImageRecipes, tmp_path: Path) -> None:
        recipes.keep("cdkasset-abc", Recipe("python:3.12", ("scipy",)))
        recipes.copy("cdkasset-abc", OWN)
        (first, second) = (software_of(image, tmp_path) for image in ("cdkasset-abc", OWN))

        assert first.requirements
        assert second.requirements
        assert first.requirements.read_text() == second.requirements.read_text()

    def test_an_image_from_elsewhere_is_not_taken_for_ours(self, recipes: ImageRecipes, tmp_path: Path) -> None:
        image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/team/server:1.0"

        assert image in str(software_of(image, tmp_path).note)
        recipes.manifest_path(OWN).write_text("{}")
        assert software_of(OWN, tmp_path).note is None
