"""What vendored dependencies mean for a package: which container it belongs to, and what it holds."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assets.checkout import shown
from assets.contents import REQUIREMENTS
from assets.errors import AssetError
from assets.model_folder import ModelFolder
from assets.progress import as_progress
from assets.source_files import SourceFile
from assets.vendored.container_platform import ContainerPlatform, container_platform
from assets.vendored.lock import LockedWheel, lock_path, purpose, read_lock
from assets.vendored.requirements import read_requirements
from assets.vendored.unpack import unpack_wheels
from assets.vendored.wheels import find_wheels

LIBRARY = "lib"
"""The folder in `code/` that the server puts first on `sys.path`."""


@dataclass(frozen=True)
class VendoredPlan:
    """The vendored dependencies of a model in their present state; nothing is fetched before `members` is called.

    Parameters
    ----------
    lock
        The committed file.
    platform
        Of the container that the package will belong to.
    wheels
        What the lock says.
    key
        Digest of what the members depend on; the container's name is part of it.
    """

    lock: Path
    platform: ContainerPlatform
    wheels: tuple[LockedWheel, ...]
    key: str

    def members(self, folder: Path, progress: Callable[[str], None]) -> dict[str, SourceFile]:
        """Return the members `code/lib/…` of the tarball by name; their files lie in `folder` until it is packed.

        Parameters
        ----------
        folder
            An empty folder on the file system of the checkout, which the caller removes.
        progress
            Called with one line of text before each step that takes time.

        Raises
        ------
        AssetError
            A wheel cannot be fetched, or two of them are at odds.
        """
        wheels = find_wheels(self.lock, self.wheels, self.platform, folder=folder, progress=as_progress(progress))
        library = folder / LIBRARY
        library.mkdir()
        files = unpack_wheels(wheels, library)
        return {f"code/{LIBRARY}/{name}": file for name, file in files.items()}


def plan_vendored(model: ModelFolder, container: str) -> VendoredPlan:
    """Say what the vendored dependencies of `model` are for a container; the lock has to be up to date.

    A model without requirements.txt needs no lock: it has nothing to vendor.

    Raises
    ------
    AssetError
        The lock is missing, stale or wrong, requirements.txt is wrong, or the folder's own files are in the way.
    """
    platform = container_platform(container)
    requirements = model.path / REQUIREMENTS
    wanted = read_requirements(requirements, platform)
    lock = lock_path(requirements, container)
    if (model.path / LIBRARY).exists():
        raise AssetError(
            f"{shown(model.path / LIBRARY)}: vendored dependencies go into code/{LIBRARY} of the tarball. "
            "Give the model's own folder another name."
        )
    if not requirements.exists():
        return VendoredPlan(lock=lock, platform=platform, wheels=(), key=f"{container}-none")
    renew = f"slipway package {model.name} --update-lock"
    wheels, digest = read_lock(lock, purpose(wanted, platform), renew)
    return VendoredPlan(lock=lock, platform=platform, wheels=tuple(wheels), key=f"{container}-{digest}")
