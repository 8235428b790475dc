"""For what machine wheels are chosen: the Python, the C library and the own packages of each container."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assets import container_catalogue as catalogue
from assets.errors import AssetError

_SERVING = Path(__file__).resolve().parents[2] / "serving"
_PYTHON_IMAGE = re.compile(r"^FROM python:(\d+)\.(\d+)\.(\d+)-slim-trixie\b", re.MULTILINE)
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s#]+)", re.MULTILINE)
_OLDEST_GLIBC = 5  # manylinux1, PEP 513
_BEFORE_PEP_600 = ("manylinux2014", "manylinux2010", "manylinux1")


@dataclass(frozen=True)
class ContainerPlatform:
    """A container, as far as packages are concerned; all are linux on x86-64.

    Parameters
    ----------
    name
        The container.
    python
        Its Python.
    glibc
        Minor version of its C library, 2.x, which decides the manylinux tags that it can load (PEP 600).
    provided
        Versions of the packages that must stay the container's own, by their normalized names.
    """

    name: str
    python: tuple[int, int, int]
    glibc: int
    provided: Mapping[str, str]

    @property
    def python_version(self) -> str:
        """Its Python as `3.12`."""
        return f"{self.python[0]}.{self.python[1]}"

    @property
    def tags(self) -> list[str]:
        """The platform tags of wheels that it can load, the newest first."""
        perennial = [f"manylinux_2_{minor}" for minor in range(self.glibc, _OLDEST_GLIBC - 1, -1)]
        return [f"{tag}_x86_64" for tag in (*perennial, *_BEFORE_PEP_600, "linux")]

    @property
    def markers(self) -> dict[str, str]:
        """What the environment markers of a requirement mean there (PEP 508)."""
        full = ".".join(map(str, self.python))
        return {
            "implementation_name": "cpython",
            "implementation_version": full,
            "os_name": "posix",
            "platform_machine": "x86_64",
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": full,
            "python_version": self.python_version,
            "sys_platform": "linux",
        }


@cache
def container_platform(container: str) -> ContainerPlatform:
    """Return the platform of a container.

    The slim container's is read from serving/, so that it is always what is built; the others' is in the
    catalogue. Only packages are listed that break the server, or one another, in another version; what else a
    container has, a model may bring in a version of its own.

    Raises
    ------
    AssetError
        There is no such container.
    """
    inside = catalogue.container(container).platform
    if inside is None:
        return _slim(container)
    return ContainerPlatform(container, python=inside.python, glibc=inside.glibc, provided=inside.provided)


def _slim(name: str) -> ContainerPlatform:
    image = _PYTHON_IMAGE.search((_SERVING / "Dockerfile").read_text(encoding="utf-8"))
    if image is None:
        raise AssetError(
            "serving/Dockerfile: its FROM line is not python:X.Y.Z-slim-trixie, whose C library is known."
        )
    pins = _PIN.findall((_SERVING / "requirements.txt").read_text(encoding="utf-8"))
    python = (int(image[1]), int(image[2]), int(image[3]))
    return ContainerPlatform(name, python=python, glibc=41, provided=dict(pins))  # Debian 13: glibc 2.41
