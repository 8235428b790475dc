"""The wheels of a lock, kept under `.slipway/wheels/` by their hash, and fetched where one is missing."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from assets import checkout
from assets.checkout import shown
from assets.errors import AssetError
from assets.progress import Progress
from assets.vendored.container_platform import ContainerPlatform
from assets.vendored.lock import LockedWheel
from assets.vendored.pip_process import run_pip


def find_wheels(
    lock: Path,
    wheels: Sequence[LockedWheel],
    platform: ContainerPlatform,
    *,
    folder: Path,
    progress: Progress,
) -> list[Path]:
    """Return where the wheels of a lock lie, in its order; their hashes are checked each time.

    Parameters
    ----------
    lock
        The file, for messages.
    wheels
        What it says.
    platform
        The container's.
    folder
        A folder for what is half downloaded, on the file system of the checkout.
    progress
        Called with one line of text for each download.

    Raises
    ------
    AssetError
        A wheel can neither be found nor fetched, or is not the one that was locked.
    """
    missing = [wheel for wheel in wheels if _cached(wheel.sha256) is None]
    if missing:
        progress(f"fetching {len(missing)} of the {len(wheels)} wheels of {shown(lock)}")
        _fetch(lock, missing, platform, folder=folder, progress=progress)
    found = [_cached(wheel.sha256) for wheel in wheels]
    for wheel, path in zip(wheels, found, strict=True):
        if path is None:
            raise AssetError(
                f"{shown(lock)}: {wheel.name} {wheel.version} was not fetched. Run the command again."
            )
    return [path for path in found if path is not None]


def _cached(sha256: str) -> Path | None:
    for path in sorted((checkout.STATE / "wheels" / sha256).glob("*.whl")):
        if _sha256(path) == sha256:
            return path
    return None


def _fetch(
    lock: Path,
    missing: Sequence[LockedWheel],
    platform: ContainerPlatform,
    *,
    folder: Path,
    progress: Progress,
) -> None:
    wanted = folder / "wanted.txt"
    wanted.write_text("".join(f"{wheel}\n" for wheel in missing), encoding="utf-8")
    arriving = folder / "arriving"
    run_pip(
        "download",
        ["--no-deps", "--require-hashes", "--dest", str(arriving), "--requirement", str(wanted)],
        platform=platform,
        progress=progress,
        failed=f"{shown(lock)}: its wheels cannot be fetched; renew it with --update-lock if they are gone",
    )
    for path in arriving.glob("*.whl"):
        place = checkout.STATE / "wheels" / _sha256(path)
        place.mkdir(parents=True, exist_ok=True)
        path.replace(place / path.name)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
