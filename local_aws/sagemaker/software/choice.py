"""Which software serves an image."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from local_aws.sagemaker.software.image_recipes import ImageRecipes, KnownImage

IMAGES = "images"
"""Where the image builder keeps what it was asked for, in the folder of the local AWS."""

_REGISTRY = r"(?:^\d{12}\.dkr\.ecr\.[^/]+|^public\.ecr\.aws/deep-learning-containers)"
_AWS = re.compile(_REGISTRY + r"/(?P<repository>ray|pytorch-inference)[:@]")
_ON_THIS_MACHINE = "slipway: on this machine"
_SLIM_MODULE = "serving"
_RAY_SERVE_MODULE = "local_aws.sagemaker.software.ray_serve"
_WITH_PACKAGES_MODULE = "local_aws.sagemaker.software.with_packages"


@dataclass(frozen=True)
class Software:
    """A server software.

    Parameters
    ----------
    module
        What `python -m` starts it with.
    note
        What to say where it is not the image's own, else None.
    requirements
        A requirements file of packages that the image adds to it.
    """

    module: str
    note: str | None = None
    requirements: Path | None = None

    def command(self, model_dir: Path, packages_dir: Path, host: str, port: int) -> list[str]:
        """Return the command that serves an unpacked tarball; it needs the checkout on PYTHONPATH.

        Parameters
        ----------
        model_dir
            The unpacked tarball.
        packages_dir
            Where code/requirements.txt is installed, shared by its digest.
        host, port
            Where it answers.
        """
        command = [
            *(sys.executable, "-m", self.module, "serve"),
            *("--model-dir", str(model_dir), "--packages-dir", str(packages_dir)),
            *("--host", host, "--port", str(port)),
        ]
        if self.requirements is None:
            return command
        return [
            *(sys.executable, "-m", _WITH_PACKAGES_MODULE, "--requirements", str(self.requirements)),
            *("--packages-dir", str(packages_dir), "--", *command),
        ]


SLIM = Software(_SLIM_MODULE)
"""Our own."""


def software_of(image: str, images: Path | None = None) -> Software:
    """Return what serves an image on this machine.

    Parameters
    ----------
    image
        Its URI; the repositories `ray` and `pytorch-inference` are AWS's.
    images
        Where the image builder keeps what it knows of the images that it was asked for.
    """
    recipes = ImageRecipes(images) if images else None
    if recipes and (known := recipes.find(image)):
        return _stand_in(image, known)
    found = _AWS.search(image)
    if found and found["repository"] == "ray":
        return Software(_RAY_SERVE_MODULE)
    is_slim = found is None and (recipes is None or recipes.manifest_path(image).exists())
    note = f"{_ON_THIS_MACHINE} the slim server serves this endpoint in place of the container {image}"
    return SLIM if is_slim else Software(_SLIM_MODULE, note)


def _stand_in(image: str, known: KnownImage) -> Software:
    """Return what serves an image that a user's own Dockerfile describes."""
    module = software_of(known.base).module
    name = "Ray Serve" if module == _RAY_SERVE_MODULE else "the slim server"
    added = "the pip packages of its Dockerfile" if known.requirements else "nothing of its Dockerfile"
    note = (
        f"{_ON_THIS_MACHINE} no container runs: {name}, with {added}, serves this endpoint in place of {image} "
        f"(FROM {known.base})"
    )
    if known.left_out:
        note += f"; pip's {', '.join(known.left_out)} could not be read, and is not there"
    return Software(module, note, known.requirements)
