"""pip, in a process of its own, choosing wheels for a container or for this machine."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from assets.errors import AssetError
from assets.progress import Progress
from assets.vendored.container_platform import ContainerPlatform

_PROGRAM = Path(__file__).with_name("pip_program.py")
_SHOWN = ("Collecting ", "Downloading ")
_LAST_ERRORS = 4
_INTERVAL = 0.1


def run_pip(
    command: str, options: Sequence[str], *, platform: ContainerPlatform | None, progress: Progress, failed: str
) -> None:
    """Run `pip install` or `pip download`, from wheels alone.

    Where packages come from is pip's own setting: pip.conf, `PIP_INDEX_URL`, `PIP_FIND_LINKS`, `PIP_NO_INDEX`.

    Parameters
    ----------
    command
        `install` or `download`.
    options
        Beside those that describe the container.
    platform
        The container's; None stands for this machine.
    progress
        Called with pip's lines about what it fetches.
    failed
        What to say before pip's own reason.

    Raises
    ------
    AssetError
        pip failed.
    """
    fixed = [
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
        "--no-color",
        "--only-binary=:all:",
    ]
    arguments = [command, *fixed, *(_description(platform) if platform else []), *options]
    markers = json.dumps(platform.markers if platform else None)
    with tempfile.TemporaryFile() as output:
        # The pipe is pip's sign of life of this process, and the session keeps the terminal's Ctrl-C to this one.
        process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-X", "utf8", str(_PROGRAM), markers, *arguments],
            env={**os.environ, "PIP_USER": "0"},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            lines = _follow(process, output.fileno(), progress)
        finally:
            _end(process)
    if process.returncode != 0:
        raise AssetError(f"{failed}: {_reason(lines, process.returncode)}")


def _description(platform: ContainerPlatform) -> list[str]:
    tags = [part for tag in platform.tags for part in ("--platform", tag)]
    return ["--implementation", "cp", "--python-version", platform.python_version, *tags]


def _follow(process: "subprocess.Popen[bytes]", output: int, progress: Progress) -> list[str]:
    """Wait for the end of pip and pass on what it fetches; return all that it wrote."""
    said = 0
    ended = False
    while True:
        text = os.pread(output, os.fstat(output).st_size, 0).decode(errors="replace")
        lines = text.splitlines()
        whole = len(lines) if ended or text.endswith("\n") else len(lines) - 1
        for line in lines[said:whole]:
            if line.strip().startswith(_SHOWN):
                progress(line.partition(" (from ")[0].strip())
        said = max(said, whole)
        if ended:
            return lines
        progress.check()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_INTERVAL)
            ended = True


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End pip where it has not ended by itself."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdin:
        process.stdin.close()


def _reason(lines: list[str], status: int) -> str:
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    told = [line.strip() for line in lines if " depends on " in line or line.startswith("The user requested")]
    said = [*told, *errors] or [line for line in lines if line][-1:] or [f"pip ended with status {status}"]
    return " ".join(said[-_LAST_ERRORS:])
