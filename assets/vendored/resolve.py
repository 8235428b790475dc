"""Renews a lock: which wheels a model's requirements.txt means for a container."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from assets.checkout import shown
from assets.contents import REQUIREMENTS
from assets.errors import AssetError
from assets.model_folder import ModelFolder
from assets.progress import Progress, as_progress
from assets.vendored.container_platform import ContainerPlatform, container_platform
from assets.vendored.lock import LockedWheel, lock_path, purpose, write_lock
from assets.vendored.pip_process import run_pip
from assets.vendored.provided import is_provided, write_provided
from assets.vendored.requirements import extras_problem, read_requirements


def update_lock(model: ModelFolder, container: str, *, progress: Callable[[str], None]) -> Path:
    """Choose the wheels anew and write the lock beside requirements.txt; return where it lies.

    Parameters
    ----------
    model
        The model folder.
    container
        The container that the wheels are for.
    progress
        Called with one line of text before each step that takes time.

    Raises
    ------
    AssetError
        requirements.txt is missing or wrong, or there is no set of wheels that fits it and the container.
    """
    platform = container_platform(container)
    requirements = model.path / REQUIREMENTS
    if not requirements.exists():
        raise AssetError(f"{shown(requirements)}: does not exist, so there is nothing to lock. Write it.")
    wanted = read_requirements(requirements, platform)
    steps = as_progress(progress)
    steps(f"choosing wheels for {shown(requirements)} on the container {container}")
    chosen = _choose(requirements, wanted, platform, steps) if wanted else []
    path = lock_path(requirements, container)
    write_lock(path, chosen, purpose(wanted, platform), container)
    return path


def _choose(
    requirements: Path, wanted: list[str], platform: ContainerPlatform, progress: Progress
) -> list[LockedWheel]:
    with tempfile.TemporaryDirectory(prefix="slipway-lock-") as name:
        folder = Path(name)
        (folder / "provided").mkdir()
        constraints = write_provided(folder / "provided", platform)
        (folder / "constraints.txt").write_text("\n".join(constraints), encoding="utf-8")
        (folder / "requirements.txt").write_text("\n".join(wanted), encoding="utf-8")
        report = folder / "report.json"
        run_pip(
            "install",
            [
                *("--dry-run", "--ignore-installed", "--target", str(folder / "target")),
                *("--report", str(report), "--find-links", str(folder / "provided")),
                *("--constraint", str(folder / "constraints.txt")),
                *("--requirement", str(folder / "requirements.txt")),
            ],
            platform=platform,
            progress=progress,
            failed=(
                f"{shown(requirements)}: no set of wheels fits it on the container {platform.name} (Python "
                f"{platform.python_version}, linux x86-64, with {_listed(platform)}); ask for other versions"
            ),
        )
        chosen = json.loads(report.read_text(encoding="utf-8"))["install"]
    _refuse_extras(requirements, chosen, platform)
    return [_locked(item) for item in chosen if not is_provided(item["metadata"]["version"])]


def _refuse_extras(requirements: Path, chosen: list[dict[str, Any]], platform: ContainerPlatform) -> None:
    """Refuse extras of the container's own packages, of which pip only says that it does not know them."""
    for item in chosen:
        metadata = item["metadata"]
        context = [{**platform.markers, "extra": extra} for extra in item.get("requested_extras", [])]
        for text in metadata.get("requires_dist", []):
            needed = Requirement(text)
            applies = needed.marker is None or any(
                needed.marker.evaluate(environment)
                for environment in [{**platform.markers, "extra": ""}, *context]
            )
            problem = extras_problem(needed, platform) if applies else None
            if problem:
                raise AssetError(f"{shown(requirements)}: {metadata['name']} {metadata['version']}: {problem}")


def _locked(item: dict[str, Any]) -> LockedWheel:
    metadata = item["metadata"]
    sha256 = item["download_info"]["archive_info"]["hashes"]["sha256"]
    return LockedWheel(canonicalize_name(metadata["name"]), metadata["version"], sha256)


def _listed(platform: ContainerPlatform) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(platform.provided.items()))
