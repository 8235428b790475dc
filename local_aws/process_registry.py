"""The processes that the local AWS started, on disk, so that none outlives it even when it was killed."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import psutil

_KILL_TIMEOUT = 10.0  # seconds
_POLL = 0.02


class ProcessRegistry:
    """Remembers process groups by process id and start time.

    Parameters
    ----------
    path
        The file. A process id alone says nothing after a restart of the machine; with the start time it does.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = threading.Lock()

    def add(self, pid: int) -> None:
        """Remember a process that leads a group of its own."""
        with self._writing:
            self._write({**self._read(), str(pid): started_at(pid)})

    def remove(self, pid: int) -> None:
        """Forget a process that has ended."""
        with self._writing:
            self._write({key: value for key, value in self._read().items() if key != str(pid)})

    def end_all(self) -> list[int]:
        """Kill every remembered process that still runs, and what they started; return their ids."""
        ended = []
        with self._writing:
            for pid, started in self._read().items():
                members = session_members(int(pid), started)
                for process in members:
                    kill_tree(process)
                if members:
                    ended.append(int(pid))
            self._path.unlink(missing_ok=True)
        return ended

    def _read(self) -> dict[str, float]:
        try:
            processes = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return processes if isinstance(processes, dict) else {}

    def _write(self, processes: dict[str, float]) -> None:
        beside = self._path.with_suffix(".new")
        beside.write_text(json.dumps(processes))
        beside.replace(self._path)


def same_process(pid: int, started: float) -> psutil.Process | None:
    """Return the process if it is still the one that started at that time (seconds since the epoch)."""
    try:
        process = psutil.Process(pid)
        alive = abs(process.create_time() - started) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if alive else None


def session_members(leader: int, started: float) -> list[psutil.Process]:
    """Return what still runs of the session that a process led, even when the leader itself has ended.

    A process id is not given anew while a session of that id has members. So the session is another's only
    when its leader runs and started at another time, or when the machine was started in between.
    """
    if started < psutil.boot_time() - 1 or _another_leads(leader, started):
        return []
    return [process for process in psutil.process_iter() if _session_of(process) == leader]


def _another_leads(leader: int, started: float) -> bool:
    try:
        process = psutil.Process(leader)
        return bool(abs(process.create_time() - started) >= 1 and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:  # which may happen at any moment, also between two questions
        return False


def _session_of(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except OSError:
        return None


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def kill_tree(process: psutil.Process) -> None:
    """Kill a process and its descendants, and wait until they are gone."""
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
    # What has ended and is not reaped yet, which may take an init process long, is gone as well.
    deadline = time.monotonic() + _KILL_TIMEOUT
    while time.monotonic() < deadline and any(_runs(member) for member in family):
        time.sleep(_POLL)


def started_at(pid: int) -> float:
    """Return when a process started, in seconds since the epoch; 0 when it is gone."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return 0.0


def own_identity() -> tuple[int, float]:
    """Return id and start time of this process."""
    return os.getpid(), started_at(os.getpid())
