"""Which server software stands for a container on this machine."""

import sys
from dataclasses import dataclass
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]
SERVING = _CHECKOUT / "serving"
"""The serving software of the slim container."""


@dataclass(frozen=True)
class ServerChoice:
    """A server software that can be started here.

    Parameters
    ----------
    command
        The program with its arguments.
    environment
        Variables that it needs.
    software
        The folder of its code, whose change makes a new trial necessary.
    note
        What to say where it is not the container's own, else None.
    """

    command: tuple[str, ...]
    environment: dict[str, str]
    software: Path
    note: str | None = None


def choose_server(container: str, model_dir: Path, port: int, packages_dir: Path) -> ServerChoice:
    """Return what serves an unpacked tarball as `container` does; only the slim container's own runs here yet.

    Parameters
    ----------
    container
        Its name.
    model_dir
        The unpacked tarball.
    port
        On 127.0.0.1.
    packages_dir
        Where code/requirements.txt is installed, shared by its digest.
    """
    slim = (
        *(sys.executable, "-m", "serving", "serve"),
        *("--model-dir", str(model_dir), "--packages-dir", str(packages_dir)),
        *("--host", "127.0.0.1", "--port", str(port)),
    )
    note = None if container == "slim" else f"the slim server stood in for the container {container}"
    environment = {"PYTHONPATH": str(_CHECKOUT), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return ServerChoice(command=slim, environment=environment, software=SERVING, note=note)
