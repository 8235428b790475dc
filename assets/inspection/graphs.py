"""The operators that the graphs of a TorchScript archive call, listed by torch in a process of its own."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psutil

from assets import checkout
from assets.inspection.model_archive import ModelArchive, strip
from assets.progress import as_progress
from assets.records import Records
from assets.source_digest import combine

_FORMAT = 1
"""Raised when the same archive gives another list than before."""

_KEEP = 32
_PROCESS = Path(__file__).with_name("graph_process.py")
_TIME_LIMIT = 600.0
"""Seconds; a large language model's scripted code takes about one minute."""

_ABANDONED_AFTER = 24 * 3600  # seconds; no inspection takes that long
_MEMORY_SHARE = 0.5


@dataclass(frozen=True)
class Graphs:
    """What the graphs of an archive call.

    Parameters
    ----------
    operators
        By schema: how many of its first arguments a call gives at most, and a function with such a call.
    unknown
        Operators that the torch of this machine does not have.
    failure
        Why the archive could not be loaded; None when it was.
    """

    operators: dict[str, tuple[int, str]]
    unknown: list[str]
    failure: str | None


class GraphsNotListed(Exception):  # noqa: N818 (it says what happened)
    """The process that lists the operators did not come to an end; the text says why."""


def graphs_of(archive: ModelArchive, name: str, progress: Callable[[str], None]) -> Graphs:
    """List what the graphs of a TorchScript archive call; an archive of the same code is not listed twice.

    Weights are neither read nor kept in memory, whatever their size, except where loading wants their bytes
    (see docs/inspection.md).

    Parameters
    ----------
    archive
        The archive.
    name
        Its name, for the line of progress.
    progress
        Called with one line of text before torch is started.

    Raises
    ------
    ArchiveError
        A record is broken.
    GraphsNotListed
        torch is not installed, the process did not end well, or memory is too small where bytes are wanted.
    """
    try:
        torch = metadata.version("torch")
    except metadata.PackageNotFoundError:
        raise GraphsNotListed("torch is not installed: run `make setup`") from None
    with working_folder() as folder:
        stripped = folder / "stripped.pt"
        strip(archive, stripped)
        key = combine({"format": _FORMAT, "stripped": _digest(stripped), "torch": torch})
        records = Records(checkout.STATE / "inspections", "graphs.json", "facts.json", _KEEP)

        def make(record: Path) -> dict[str, str]:
            progress(f"listing the operators of {name}")
            result = record / "graphs.json"
            fits = _fits_into_memory(archive.path)
            _list(stripped, result, archive.path if fits else None)
            found = json.loads(result.read_bytes())
            if found["failure"] and not found["unknown"] and not fits:
                raise GraphsNotListed(
                    "torch has to load all of it to list them, and there is not the memory for it"
                )
            return {"torch": torch}

        records.find_or_make(key, make, as_progress(progress).waiting("waiting for another inspection to end"))
        found = json.loads(records.path(key).read_bytes())
    operators = {schema: (count, function) for schema, (count, function) in found["operators"].items()}
    return Graphs(operators, found["unknown"], found["failure"])


@contextmanager
def working_folder() -> Iterator[Path]:
    """Make a folder for the time of an inspection, on the disk of the checkout; the system's may be memory."""
    parent = checkout.STATE / "inspecting"
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.iterdir():
        with suppress(OSError):  # its own inspection may remove it now
            if time.time() - left.stat().st_mtime > _ABANDONED_AFTER:
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fits_into_memory(path: Path) -> bool:
    return path.stat().st_size < _MEMORY_SHARE * psutil.virtual_memory().available


def _list(stripped: Path, result: Path, archive: Path | None) -> None:
    """Write the list: by the compiled part of torch where that can load the archive, else by the whole of it."""
    if _run(["core", str(stripped), str(result)]) == 0 and result.exists():
        return
    result.unlink(missing_ok=True)
    status = _run(["whole", str(stripped), str(result), *([str(archive)] if archive else [])])
    if status < 0:
        raise GraphsNotListed(f"torch was ended by signal {-status} as it loaded the archive")
    if status or not result.exists():
        raise GraphsNotListed(f"the process that loads the archive with torch ended with status {status}")


def _run(arguments: list[str]) -> int:
    """Run the process to its end; return its exit status."""
    # The pipe is the process's sign of life of this one; a session of its own keeps Ctrl-C to this process.
    process = subprocess.Popen(
        [sys.executable, "-P", "-B", "-X", "utf8", str(_PROCESS), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(_TIME_LIMIT)
    except subprocess.TimeoutExpired:
        raise GraphsNotListed(f"torch did not list them within {_TIME_LIMIT:.0f} s") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdin:
            process.stdin.close()
