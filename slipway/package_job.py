"""What `slipway package` is to do with one model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assets.inspection import Target
from assets.model_folder import ModelFolder


@dataclass(frozen=True)
class PackageJob:
    """A package that is to be made, and tried for each of its targets.

    Parameters
    ----------
    model
        The model folder.
    targets
        Where the package is to run; of a model with vendored dependencies, all in the same container.
    output
        A folder that gets a copy, or None.
    """

    model: ModelFolder
    targets: tuple[Target, ...]
    output: Path | None = None

    @property
    def container(self) -> str:
        """The container that vendored dependencies are for."""
        return self.targets[0].container

    @property
    def is_vendored(self) -> bool:
        """Whether the tarball holds its dependencies."""
        return self.model.settings.dependencies == "vendored"
