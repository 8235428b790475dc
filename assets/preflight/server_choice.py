"""Which server software stands for a container on this machine."""

import sys
from dataclasses import dataclass
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]
_SERVING = _CHECKOUT / "serving"
_SLIM = "slim"


@dataclass(frozen=True)
class _Software:
    """A server software, started by `python -m MODULE serve` with the options of `python -m serving`.

    Parameters
    ----------
    module
        The module; a name and no import, since what is no part of the asset step is started, and not used.
    folders
        Where its code lies.
    is_prepared
        Whether `python -m MODULE prepare` installs what it needs before its first start.
    """

    module: str
    folders: tuple[Path, ...]
    is_prepared: bool = False


_RAY_SERVE = _CHECKOUT / "local_aws" / "sagemaker" / "software" / "ray_serve"
_SOFTWARE = {
    _SLIM: _Software("serving", (_SERVING,)),
    "ray-serve": _Software("local_aws.sagemaker.software.ray_serve", (_RAY_SERVE, _SERVING), is_prepared=True),
}


@dataclass(frozen=True)
class ServerChoice:
    """A server software that can be started here.

    Parameters
    ----------
    container
        The container that it stands for.
    command
        The program with its arguments.
    environment
        Variables that it needs.
    preparation
        The program that installs what it needs before its first start; empty where there is nothing to install.
    note
        What to say where it is not the container's own, else None.
    """

    container: str
    command: tuple[str, ...]
    environment: dict[str, str]
    preparation: tuple[str, ...] = ()
    note: str | None = None


def software_folders(container: str) -> tuple[Path, ...]:
    """Return the folders of the code that serves for `container`, whose change makes a new trial necessary."""
    return _software_of(container).folders


def choose_server(container: str, model_dir: Path, port: int, packages_dir: Path) -> ServerChoice:
    """Return what serves an unpacked tarball as `container` does: its own software, or else the slim server.

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
    software = _software_of(container)
    program = (sys.executable, "-m", software.module)
    options = (
        *("--model-dir", str(model_dir), "--packages-dir", str(packages_dir)),
        *("--host", "127.0.0.1", "--port", str(port)),
    )
    return ServerChoice(
        container=container,
        command=(*program, "serve", *options),
        environment={"PYTHONPATH": str(_CHECKOUT), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        preparation=(*program, "prepare", *options) if software.is_prepared else (),
        note=None if container in _SOFTWARE else f"the slim server stood in for the container {container}",
    )


def _software_of(container: str) -> _Software:
    return _SOFTWARE.get(container, _SOFTWARE[_SLIM])
