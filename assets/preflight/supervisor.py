"""Runs a server for as long as the process lives that wants it: the program that `assets.preflight.server` runs.

    python supervisor.py SECONDS COMMAND…

When its standard input is closed, it sends the server SIGTERM, waits for SECONDS, and kills whatever is left of
the session, so that nothing outlives the process that started it, even if that was killed. It exits as the server
did.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

import psutil

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_SIGNAL_STATUS = 128


def main(seconds: float, command: list[str]) -> int:
    """Run the command to its end; return its exit status."""
    # preexec_fn is safe here: there is no other thread yet.
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_end_with_supervisor)  # noqa: PLW1509
    threading.Thread(target=_stop_when_alone, args=(server, seconds), daemon=True).start()
    status = server.wait()
    _kill_session()
    return status if status >= 0 else _SIGNAL_STATUS - status


def _end_with_supervisor() -> None:
    """Have the kernel end the server with this process, where it can: on Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _stop_when_alone(server: "subprocess.Popen[bytes]", seconds: float) -> None:
    os.read(0, 1)
    server.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.wait(seconds)
    _kill_session()


def _kill_session() -> None:
    """Kill what the server, or the model's code, started and left behind."""
    own = os.getpid()
    while True:
        others = [pid for pid in psutil.pids() if pid != own and _is_in_session(pid, own)]
        if not others:
            return
        for pid in others:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                continue


def _is_in_session(pid: int, session: int) -> bool:
    try:
        return os.getsid(pid) == session and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, PermissionError, psutil.Error):
        return False


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
