"""The virtual environment that Ray Serve, or another server, runs in: made on first use, and shared by all."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local_aws.process_environment import for_the_image

_HERE = Path(__file__).parent
_REQUIREMENTS = _HERE / "requirements.txt"
_CONSTRAINTS = _HERE / "constraints.txt"
_COMPLETE = "complete"
_PAUSE = 0.2  # seconds between two looks at a lock
_SHOWN = ("Downloading", "Installing", "ERROR")  # the first words of pip's lines that say how far it is
Say = Callable[[str], None]


class EnvironmentFailedError(Exception):
    """The environment cannot be made; the text is one line that says how to mend it."""


@dataclass(frozen=True)
class Software:
    """What an environment is for, in its messages.

    Parameters
    ----------
    name
        Its name.
    size
        What its installation takes, and for what.
    otherwise
        What else somebody can do who cannot install it, as the end of a sentence.
    """

    name: str
    size: str
    otherwise: str


RAY_SERVE = Software("Ray Serve", "about 410 MB, once for all endpoints", ", or choose `container: slim`")


@dataclass(frozen=True)
class Environment:
    """An environment that is there, and stays while this process, or what that becomes with `exec`, runs.

    Parameters
    ----------
    python
        Its Python.
    lock
        The file descriptor that keeps it.
    """

    python: Path
    lock: int


def find_or_make(
    folder: Path,
    say: Say,
    requirements: Path = _REQUIREMENTS,
    constraints: Path = _CONSTRAINTS,
    software: Software = RAY_SERVE,
) -> Environment:
    """Return the environment, which is made where it is missing.

    It has its packages for itself; torch, numpy and what else it lacks are this Python's. One that other
    requirements made is removed unless somebody uses it.

    Parameters
    ----------
    folder
        Where environments lie, each in a folder named by what it is made of.
    say
        Called with a line of text while it takes time.
    requirements, constraints
        What it holds, for pip.
    software
        What it is for.

    Raises
    ------
    EnvironmentFailedError
        pip cannot install it, or the folder cannot be written.
    """
    key = _digest(requirements, constraints)
    place = folder / key
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / f"{key}.lock", os.O_RDWR | os.O_CREAT, 0o644)
        os.set_inheritable(lock, True)
        if _locked_to_make(lock, place, say, software):
            _remove_others(folder, key)
            _make(place, requirements, constraints, say, software)
            fcntl.flock(lock, fcntl.LOCK_SH)
    except OSError as error:
        raise EnvironmentFailedError(
            f"the environment of {software.name} cannot be made in {place}: {error}"
        ) from error
    return Environment(place / "bin" / "python", lock)


def _digest(requirements: Path, constraints: Path) -> str:
    """Return the name of an environment, by its requirements, the Python and the packages that it shares."""
    parts = [requirements.read_bytes(), constraints.read_bytes(), sys.version.encode(), _shared().encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _shared() -> str:
    return sysconfig.get_path("purelib")


def _locked_to_make(lock: int, place: Path, say: Say, software: Software) -> bool:
    """Wait until the environment is there, or until this process is the one to make it."""
    waits = False
    while True:
        if _try_lock(lock, fcntl.LOCK_SH) and (place / _COMPLETE).is_file():
            return False
        # two that both kept a shared lock would wait for each other
        fcntl.flock(lock, fcntl.LOCK_UN)
        if _try_lock(lock, fcntl.LOCK_EX) and not (place / _COMPLETE).is_file():
            return True
        if not waits:
            say(f"waiting for another start that makes the environment of {software.name}")
            waits = True
        time.sleep(_PAUSE)


def _try_lock(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove_others(folder: Path, key: str) -> None:
    """Remove what other requirements made, as far as nobody uses it."""
    for path in folder.glob("*.lock"):
        if path.stem == key:
            continue
        lock = os.open(path, os.O_RDWR)
        try:
            if _try_lock(lock, fcntl.LOCK_EX):
                shutil.rmtree(folder / path.stem, ignore_errors=True)
        finally:
            os.close(lock)


def _make(place: Path, requirements: Path, constraints: Path, say: Say, software: Software) -> None:
    shutil.rmtree(place, ignore_errors=True)  # what a start left that was killed
    started = time.monotonic()
    say(f"making the environment of {software.name} in {place}: {software.size}")
    venv.create(place, symlinks=True)
    _install(place / "bin" / "python", requirements, constraints, say, software)
    # only now, since pip would take what is shared for installed
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(place), "platbase": str(place)}))
    (packages / "shared.pth").write_text(f"{_shared()}\n", encoding="utf-8")
    (place / _COMPLETE).touch()
    say(f"made the environment of {software.name} in {time.monotonic() - started:.0f} s")


def _install(python: Path, requirements: Path, constraints: Path, say: Say, software: Software) -> None:
    command = [sys.executable, "-P", "-m", "pip", "--python", str(python), "install", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "--no-compile"]
    command += ["--requirement", str(requirements), "--constraint", str(constraints)]
    with subprocess.Popen(
        command,
        env=for_the_image(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as pip:
        assert pip.stdout is not None  # noqa: S101 - asked for above
        last = ""
        for line in pip.stdout:
            if line.strip().startswith(_SHOWN):
                last = line.strip()
                say(last)
    if pip.returncode != 0:
        raise EnvironmentFailedError(
            f"pip cannot install {software.name} ({last or f'exit status {pip.returncode}'}). It comes from PyPI"
            f" on first use: let this machine reach it, or name another index with PIP_INDEX_URL"
            f"{software.otherwise}"
        )
