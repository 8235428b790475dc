"""pip, for `code/requirements.txt`: in bounded time, and into a folder of its own where asked."""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from serving.core.errors import StartError

_LAST_LINES = 20  # of pip's output, shown when it fails
_UNFINISHED = ".installing-"
_ABANDONED_AFTER = 24 * 3600  # seconds; no installation takes that long


def install(requirements: Path, *, packages_dir: Path | None, timeout: float) -> Path | None:
    """Install what the handler needs.

    Parameters
    ----------
    requirements
        The requirements file; where it does not exist, nothing is done.
    packages_dir
        A folder for packages. Inside it, every content of a requirements file has a folder of its own, which is
        reused; None installs into the running environment.
    timeout
        Seconds that pip may take.

    Returns
    -------
    Path | None
        The folder with the packages, for `sys.path`; None when the running environment has them.

    Raises
    ------
    StartError
        pip failed or did not end in time; the details are its last lines.
    """
    if not requirements.is_file():
        return None
    if packages_dir is None:
        _pip_install(requirements, [], timeout)
        return None
    finished = packages_dir.resolve() / _digest(requirements)
    if not finished.is_dir():
        _install_into(finished, requirements, timeout)
    return finished


def _digest(requirements: Path) -> str:
    """Return the name of the folder: the file's bytes and the Python that the packages are for decide it."""
    python = ".".join(str(part) for part in sys.version_info[:2])
    return hashlib.sha256(python.encode() + b"\0" + requirements.read_bytes()).hexdigest()


def _install_into(finished: Path, requirements: Path, timeout: float) -> None:
    """Install beside `finished` and rename, so that what bears that name is whole, however a start ended."""
    try:
        finished.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(finished.parent)
        unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=finished.parent))
    except OSError as error:
        raise StartError(
            f"packages cannot be installed into {finished.parent}: {error}; see --packages-dir"
        ) from None
    try:
        _pip_install(requirements, ["--target", str(unfinished)], timeout)
        # renaming onto a folder that is not empty fails: another start was faster, and its packages are the same
        with contextlib.suppress(OSError):
            unfinished.rename(finished)
        if not finished.is_dir():
            raise StartError(f"{unfinished} cannot be renamed to {finished}; see --packages-dir")
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _remove_abandoned(folder: Path) -> None:
    """Remove what a start left that was killed."""
    for unfinished in folder.glob(f"{_UNFINISHED}*"):
        with contextlib.suppress(OSError):
            if time.time() - unfinished.stat().st_mtime > _ABANDONED_AFTER:
                shutil.rmtree(unfinished, ignore_errors=True)


def _pip_install(requirements: Path, options: Sequence[str], timeout: float) -> None:
    # -P keeps the handler's own files, in the working directory, from hiding modules that pip imports
    command = [sys.executable, "-P", "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    command += [*options, "--requirement", str(requirements)]
    # a file, because a build that pip leaves behind may hold a pipe open for ever
    with tempfile.TemporaryFile() as output:
        with _own_group(command, requirements.parent, output.fileno()) as pip:
            try:
                status = pip.wait(timeout)
            except subprocess.TimeoutExpired:
                raise StartError(
                    f"pip did not install {requirements} within {timeout:g} s; ask for less in it,"
                    " or give it longer with --install-timeout",
                    details=_last_lines(output.fileno()),
                ) from None
        if status != 0:
            lines = _last_lines(output.fileno())
            said = next((line for line in reversed(lines.splitlines()) if line.startswith("ERROR")), "")
            raise StartError(
                f"pip cannot install {requirements} (exit status {status}); mend that file. {said}", details=lines
            )


@contextlib.contextmanager
def _own_group(command: list[str], folder: Path, output: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command that ends, with all that it started, when the block ends, by a signal too."""
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, process_group=0
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _last_lines(output: int) -> str:
    size = os.fstat(output).st_size
    start = max(0, size - 16_384)
    text = os.pread(output, size - start, start).decode(errors="replace")
    return "\n".join(text.splitlines()[-_LAST_LINES:])
