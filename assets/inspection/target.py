"""Where a tarball is to run."""

from dataclasses import dataclass
from typing import Literal

from assets.vendored.container_platform import container_platform


@dataclass(frozen=True)
class Target:
    """A container and how it is hosted; what is None is not known, and not checked.

    Parameters
    ----------
    container
        `slim`, `ray-serve` or `pytorch-inference`.
    python
        Its Python, as (3, 13).
    torch
        The minor version of its torch, as "2.10".
    hosting
        The way of hosting.
    memory_size_in_mb
        Of serverless inference.
    network_isolation
        Whether the container has no network (`EnableNetworkIsolation`, CreateModel).
    download_timeout_in_seconds
        `ModelDataDownloadTimeoutInSeconds` of the variant.
    is_own_image
        Whether it is an image of the user's own that is like `container`: what else it holds is not known, so a
        package for it is inspected, and not tried on this machine.
    """

    container: str
    python: tuple[int, int]
    torch: str
    hosting: Literal["serverless", "real-time", "async"] | None = None
    memory_size_in_mb: int | None = None
    network_isolation: bool = False
    download_timeout_in_seconds: int | None = None
    is_own_image: bool = False


def target_of(container: str) -> Target:
    """Return the target of a container, wherever it is hosted; `dataclasses.replace` adds the hosting.

    Raises
    ------
    AssetError
        There is no such container.
    """
    platform = container_platform(container)
    torch = ".".join(platform.provided["torch"].split(".")[:2])
    return Target(container=container, python=platform.python[:2], torch=torch)
