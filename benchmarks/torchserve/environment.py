"""The virtual environment of TorchServe, made on first use; torch and numpy are this Python's."""

from __future__ import annotations

from pathlib import Path

from local_aws.sagemaker.software.ray_serve.environment import Say, Software, find_or_make

_HERE = Path(__file__).parent
_FOLDER = _HERE.parents[1] / ".slipway" / "torchserve"
_TORCHSERVE = Software("TorchServe", "about 400 MB, once for benchmarks and long tests", "")


def torchserve_python(say: Say) -> Path:
    """Return the Python of the environment, which is made where it is missing.

    Parameters
    ----------
    say
        Called with a line of text while it takes time.

    Raises
    ------
    EnvironmentFailedError
        pip cannot install it, or the folder cannot be written.
    """
    made = find_or_make(_FOLDER, say, _HERE / "requirements.txt", _HERE / "constraints.txt", _TORCHSERVE)
    return made.python
