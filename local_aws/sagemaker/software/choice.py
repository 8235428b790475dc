"""Which software serves an image."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

_AWS = re.compile(r"/(?P<repository>ray|pytorch-inference)[:@]")
_SLIM_MODULE = "serving"
_RAY_SERVE_MODULE = "local_aws.sagemaker.software.ray_serve"


@dataclass(frozen=True)
class Software:
    """A server software.

    Parameters
    ----------
    module
        What `python -m` starts it with.
    note
        What to say where it is not the image's own, else None.
    """

    module: str
    note: str | None = None

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
        return [
            *(sys.executable, "-m", self.module, "serve"),
            *("--model-dir", str(model_dir), "--packages-dir", str(packages_dir)),
            *("--host", host, "--port", str(port)),
        ]


SLIM = Software(_SLIM_MODULE)
"""Our own."""


def software_of(image: str) -> Software:
    """Return what serves an image on this machine.

    Parameters
    ----------
    image
        Its URI; the repositories `ray` and `pytorch-inference` are AWS's, any other image is ours.
    """
    found = _AWS.search(image)
    if found is None:
        return SLIM
    if found["repository"] == "ray":
        return Software(_RAY_SERVE_MODULE)
    note = f"slipway: on this machine the slim server serves this endpoint in place of the container {image}"
    return Software(_SLIM_MODULE, note)
