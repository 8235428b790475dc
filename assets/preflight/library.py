"""`code/lib` of a tarball whose modules are compiled for another Python than this one."""

import hashlib
import re
import shutil
import sys
import tempfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from assets.progress import Progress
from assets.vendored.pip_process import run_pip

_COMPILED_FOR = re.compile(r"\.(cpython-\d+[^.]*|cp\d+[^.]*|pypy[^.]*)\.(so|pyd)$")
_INFO = re.compile(r"(.+)-([^-]+)\.dist-info")


def use_library_of_this_machine(model_dir: Path, packages_dir: Path, progress: Progress) -> list[str]:
    """Put the same versions for this machine in the place of `code/lib`, where its own cannot be loaded here.

    Parameters
    ----------
    model_dir
        The unpacked tarball.
    packages_dir
        Where what is installed for it is kept, by its versions.
    progress
        Called before pip is.

    Returns
    -------
    list
        What to say about it.

    Raises
    ------
    AssetError
        pip has no such versions for this machine.
    """
    library = model_dir / "code" / "lib"
    foreign = next((path for path in sorted(library.rglob("*")) if _is_foreign(path)), None)
    if foreign is None:
        return []
    pins = sorted(f"{match[1]}=={match[2]}" for path in library.iterdir() if (match := _INFO.fullmatch(path.name)))
    installed = packages_dir / hashlib.sha256("\n".join([sys.version, *pins]).encode()).hexdigest()
    if not installed.is_dir():
        progress(f"installing {len(pins)} packages for Python {_own_python()}: {foreign.name} is for another one")
        _install(pins, installed, progress)
    shutil.rmtree(library)
    library.symlink_to(installed)
    return [f"code/lib is for another Python than {_own_python()}: the same versions for this machine stood in"]


def _is_foreign(path: Path) -> bool:
    return bool(_COMPILED_FOR.search(path.name)) and not path.name.endswith(tuple(EXTENSION_SUFFIXES[:-1]))


def _own_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _install(pins: list[str], installed: Path, progress: Progress) -> None:
    """Install beside and rename, so that what bears its name is whole."""
    installed.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".installing-", dir=installed.parent) as name:
        target = Path(name) / "lib"
        run_pip(
            "install",
            ["--no-deps", "--target", str(target), *pins],
            platform=None,
            progress=progress,
            failed=(
                f"code/lib is for another Python than {_own_python()}, and pip lacks the same versions for this "
                "machine (run Slipway with the container's Python, or leave the trial out with --no-preflight)"
            ),
        )
        target.rename(installed)
