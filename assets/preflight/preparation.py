"""What a server software needs before its first start on this machine."""

import time
from pathlib import Path

from assets.checkout import shown
from assets.preflight.errors import PreflightError
from assets.preflight.process import RunningProcess, end, start
from assets.preflight.server_choice import ServerChoice
from assets.progress import Progress

_SAID = b"slipway: "
_INTERVAL = 0.1
_TIME_LIMIT = 900.0
"""Seconds; what is fetched may be hundreds of megabytes."""


def prepare(server: ServerChoice, folder: Path, log: Path, progress: Progress) -> None:
    """Install a server's software where it is missing, apart from the time limit of the trial.

    Parameters
    ----------
    server
        The server.
    folder
        The working directory.
    log
        The file for what the installation writes.
    progress
        Called with what the installation says of itself.

    Raises
    ------
    PreflightError
        It cannot be installed, or takes too long; nothing runs any more.
    """
    if not server.preparation:
        return
    supervisor = start(server.preparation, server.environment, folder, log)
    try:
        process = RunningProcess(supervisor, log)
        _follow(process, log, progress)
    finally:
        end(supervisor)
    if process.status != 0:
        reason = "\n".join(process.last_lines()[-1:]).removeprefix(_SAID.decode()) or "it says no reason"
        raise PreflightError(
            f"the server of the container {server.container} cannot be started here: {reason} "
            f"(all of it: {shown(log)}), or leave the trial out with --no-preflight."
        )


def _follow(process: RunningProcess, log: Path, progress: Progress) -> None:
    """Wait until the installation ends, and pass on what it says."""
    deadline = time.monotonic() + _TIME_LIMIT
    with log.open("rb") as output:
        ended, rest = False, b""
        while not ended:
            progress.check()
            if time.monotonic() > deadline:
                raise PreflightError(f"installing the server's software took longer than {_TIME_LIMIT:g} s.")
            process.wait_for_end(_INTERVAL)
            ended = process.has_ended()
            *lines, rest = (rest + output.read()).split(b"\n")
            for line in lines:
                if line.startswith(_SAID):
                    progress(line.removeprefix(_SAID).decode(errors="replace").strip())
