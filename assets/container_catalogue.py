"""The catalogue of containers: what each is, where it comes from and what is inside (assets/containers.json)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from assets.errors import AssetError
from assets.nearest import did_you_mean

Hardware = Literal["cpu", "gpu"]

_FILE = Path(__file__).with_name("containers.json")


@dataclass(frozen=True)
class ContainerBuild:
    """One build of a container.

    Parameters
    ----------
    hardware
        What it computes on; all builds are for x86-64 processors.
    tag
        In AWS's repository; None for a container that Slipway builds, whose tag is the digest of its content.
    cuda
        The version of CUDA inside, as "12.9"; None in a build for CPUs.
    torch_index
        Where pip finds the build of PyTorch that is built in; None for AWS's.
    moves
        Whether AWS puts another image under this tag from time to time.
    """

    hardware: Hardware
    tag: str | None = None
    cuda: str | None = None
    torch_index: str | None = None
    moves: bool = False


@dataclass(frozen=True)
class InnerPlatform:
    """What is inside a container of AWS's, as far as packages are concerned.

    Parameters
    ----------
    python
        Its Python.
    glibc
        Minor version of its C library, 2.x.
    provided
        Versions of the packages that must stay the container's own, by their normalized names.
    """

    python: tuple[int, int, int]
    glibc: int
    provided: Mapping[str, str]


@dataclass(frozen=True)
class CatalogueEntry:
    """A container of the catalogue.

    Parameters
    ----------
    name
        As settings name it.
    description
        What it is, in a few words.
    repository
        In each of AWS's registries; None for a container that Slipway builds.
    serverless
        Whether it fits serverless hosting.
    default_for
        The hardware whose endpoints take it when they name none.
    patched_until
        The last day on which AWS patches it; None where no end is known.
    builds
        The first of each hardware is what an endpoint gets that names no tag.
    platform
        What is inside; None for a container that Slipway builds, where serving/ says it.
    """

    name: str
    description: str
    repository: str | None
    serverless: bool
    default_for: Hardware | None
    patched_until: date | None
    builds: tuple[ContainerBuild, ...]
    platform: InnerPlatform | None

    def build(self, hardware: Hardware) -> ContainerBuild:
        """Return the build that an endpoint on such hardware gets."""
        return next(build for build in self.builds if build.hardware == hardware)

    def tagged(self, tag: str) -> ContainerBuild | None:
        """Return the build with a tag, or None."""
        return next((build for build in self.builds if build.tag == tag), None)


@cache
def containers() -> Mapping[str, CatalogueEntry]:
    """Return the catalogue by the containers' names.

    Notes
    -----
    Sources: the repository aws/deep-learning-containers: docs/src/data/{ray,pytorch-inference}/*-sagemaker.yml for
    tags, CUDA and end of patch, docker/ray/{pyproject.toml,uv.lock,Dockerfile.cpu} for what is inside Ray Serve
    1.4 (Amazon Linux 2023), docs/src/data/pytorch-inference/2.6-cpu-sagemaker.yml for the PyTorch container
    (Ubuntu 22.04). PyTorch's wheel indexes are named after their CUDA; PyPI's own torch 2.13 is the cu130 build.
    """
    document: dict[str, dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return {name: _entry(name, record) for name, record in document.items()}


def container(name: str) -> CatalogueEntry:
    """Return a container of the catalogue.

    Raises
    ------
    AssetError
        There is no such container.
    """
    known = containers()
    if name not in known:
        raise AssetError(
            f"{name!r} is no container; allowed: {', '.join(known)}{did_you_mean(name, known) or '.'}"
        )
    return known[name]


def container_of_repository(repository: str) -> CatalogueEntry | None:
    """Return the container that AWS keeps in a repository of that name, or None."""
    return next((entry for entry in containers().values() if entry.repository == repository), None)


def own_container() -> CatalogueEntry:
    """Return the container that Slipway builds."""
    return next(entry for entry in containers().values() if entry.repository is None)


def _entry(name: str, record: dict[str, Any]) -> CatalogueEntry:
    platform, end = record["platform"], record["patched_until"]
    return CatalogueEntry(
        name=name,
        description=record["description"],
        repository=record["repository"],
        serverless=record["serverless"],
        default_for=record["default_for"],
        patched_until=date.fromisoformat(end) if end else None,
        builds=tuple(ContainerBuild(**build) for build in record["builds"]),
        platform=platform
        and InnerPlatform(
            python=tuple(platform["python"]), glibc=platform["glibc"], provided=platform["provided"]
        ),
    )
