"""What a container brings itself, shown to pip as wheels without content.

So the choice of every other package is made against the container's own versions, and nobody downloads PyTorch
to leave it out again.
"""

import zipfile
from pathlib import Path

from assets.vendored.container_platform import ContainerPlatform

_LOCAL = "container"
"""The local version label (PEP 440) that makes ours the only candidate: `2.13.0+container` meets `==2.13.0`."""


def write_provided(folder: Path, platform: ContainerPlatform) -> list[str]:
    """Write a wheel without content for each package of the container; return the constraints that choose them."""
    constraints = []
    for name, version in sorted(platform.provided.items()):
        marked = f"{version}+{_LOCAL}"
        file_name = name.replace("-", "_")
        info = f"{file_name}-{marked}.dist-info"
        with zipfile.ZipFile(folder / f"{file_name}-{marked}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {marked}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
        constraints.append(f"{name}=={marked}")
    return constraints


def is_provided(version: str) -> bool:
    """Whether a version that pip chose is the container's own."""
    return version.endswith(f"+{_LOCAL}")
