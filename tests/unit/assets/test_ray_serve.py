"""What every tarball holds for AWS's Ray Serve container."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from assets.errors import AssetError
from assets.model_folder import find_model
from assets.ray_serve import RayServeSettings, ray_members

Pack = Callable[..., tuple[Any, list[str]]]

# stands for the container's own packages, of which only names are asked for here
STUBS = {
    "ray/__init__.py": "from ray import serve\n",
    "ray/serve.py": "class Application: ...\n",
    "starlette/__init__.py": "",
    "starlette/requests.py": "class Request: ...\n",
    "starlette/responses.py": "class Response: ...\n",
}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    for name, content in ray_members(RayServeSettings()).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    for name, text in STUBS.items():
        (folder / "container" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "container" / name).write_text(text)
    return folder


def run(folder: Path, code: str) -> str:
    """Run Python with the tarball on its path, as the container does, and this checkout not."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={"PYTHONPATH": f"{folder}:{folder}/code:{folder}/container", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_tarball_has_every_module_that_its_modules_import(unpacked: Path) -> None:
    names = sorted(
        str(file.relative_to(unpacked).with_suffix("")).replace("/", ".").removesuffix(".__init__")
        for file in unpacked.rglob("slipway_serving/**/*.py")
    )
    assert "slipway_serving.ray.loading" in names
    imports = "\n".join(f"import {name}" for name in ["deployment", *names])
    same = "slipway_serving.BadRequest is slipway_serving.core.errors.BadRequest"
    assert run(unpacked, f"{imports}\nprint({same})") == "True"


def test_the_process_that_builds_the_application_does_without_torch(unpacked: Path) -> None:
    assert run(unpacked, "import deployment, sys; print('torch' in sys.modules)") == "False"


def test_only_names_that_collide_with_nothing_are_at_the_top(unpacked: Path) -> None:
    top = {name.partition("/")[0] for name in ray_members(RayServeSettings())}
    assert top == {"config.yaml", "deployment.py", "slipway_serving"}


def test_the_container_runs_one_application_with_the_models_settings() -> None:
    members = ray_members(RayServeSettings(num_gpus=0.5, max_queued_requests=7))

    assert yaml.safe_load(members["config.yaml"]) == {
        "applications": [
            {
                "name": "model",
                "route_prefix": "/",
                "import_path": "deployment:build_app",
                "args": {"num_gpus": 0.5, "max_queued_requests": 7},
            }
        ]
    }


def test_settings_in_model_yaml_reach_the_tarball_and_change_its_digest(toy: Path, pack: Pack) -> None:
    before, _ = pack()
    (toy / "model.yaml").write_text("ray_serve:\n  num_gpus: 0.25\n")
    after, _ = pack()

    assert after.digest != before.digest
    with tarfile.open(after.path) as tar:
        config = tar.extractfile("config.yaml")
        assert config is not None
        assert yaml.safe_load(config.read())["applications"][0]["args"] == {"num_gpus": 0.25}
        assert "slipway_serving/ray/replica.py" in tar.getnames()
        assert "code/__init__.py" not in tar.getnames()


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        ("num_gpu: 1", ("ray_serve.num_gpu: unknown key", "num_gpus")),
        ("num_gpus: 0", ("ray_serve.num_gpus: 0 is not allowed; allowed: 0.01 to 16",)),
        ("num_gpus: many", ("ray_serve.num_gpus:",)),
        ("max_ongoing_requests: 0", ("ray_serve.max_ongoing_requests:",)),
        ("max_queued_requests: 1.5", ("ray_serve.max_queued_requests:",)),
        ("health_check_period_s: .inf", ("ray_serve.health_check_period_s:",)),
    ],
)
def test_a_wrong_setting_is_named(root: Path, text: str, fragments: tuple[str, ...]) -> None:
    folder = root / "model_code" / "linear"
    folder.mkdir(parents=True)
    (folder / "model.yaml").write_text(f"ray_serve:\n  {text}\n")

    with pytest.raises(AssetError) as error:
        find_model("linear")
    assert all(fragment in str(error.value) for fragment in ("model.yaml", *fragments)), str(error.value)


def test_an_artifact_may_not_take_a_name_of_the_bridge(toy: Path, pack: Pack) -> None:
    (toy / "config.yaml").write_text("ours: true\n")
    (toy / "model.yaml").write_text("artifacts: [config.yaml]\n")

    with pytest.raises(AssetError, match=r"artifacts\.0: the top of the tarball holds another config\.yaml"):
        pack()
