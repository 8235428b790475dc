"""The processes that the local AWS started, and their end after a crash."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local_aws.process_registry import ProcessRegistry, kill_tree, own_identity, same_process

SLEEP = "import time; time.sleep(600)"
# Says the id of a child of its own, which ignores SIGTERM, and sleeps.
PARENT = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.signal(15, signal.SIG_IGN); {SLEEP}"])
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def registry(tmp_path: Path) -> ProcessRegistry:
    return ProcessRegistry(tmp_path / "processes.json")


@pytest.fixture
def spawn() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(code: str = SLEEP) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def remember(folder: Path, pid: int, started: float) -> None:
    """Write what an emulator left behind that remembered a process of this id and start."""
    (folder / "processes.json").write_text(json.dumps({str(pid): started}))


def end(pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).kill()


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_remembered_processes_end_with_their_children(
    registry: ProcessRegistry, spawn: Callable[..., subprocess.Popen[str]]
) -> None:
    parent = spawn(PARENT)
    child = int(parent.stdout.readline())
    registry.add(parent.pid)

    assert parent.pid in registry.end_all()
    assert not alive(parent.pid)
    assert not alive(child)
    assert registry.end_all() == []


def test_another_emulator_finds_what_a_crashed_one_left(
    registry: ProcessRegistry, spawn: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    orphan = spawn()
    registry.add(orphan.pid)

    assert ProcessRegistry(tmp_path / "processes.json").end_all() == [orphan.pid]
    assert not alive(orphan.pid)


def test_a_process_that_got_the_id_later_is_left_alone(
    registry: ProcessRegistry, spawn: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    stranger = spawn(PARENT)
    child = int(stranger.stdout.readline())
    remember(tmp_path, stranger.pid, psutil.Process(stranger.pid).create_time() - 3600)

    try:
        assert registry.end_all() == []
        assert alive(stranger.pid)
        assert alive(child)
    finally:
        end(child)


def test_what_was_remembered_before_the_machine_started_again_is_left_alone(
    registry: ProcessRegistry, spawn: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """A process id of then may be that of a session now whose first process has ended, as daemons' do."""
    daemon = spawn(PARENT)
    child = int(daemon.stdout.readline())
    daemon.kill()
    daemon.wait()
    remember(tmp_path, daemon.pid, psutil.boot_time() - 3600)

    try:
        assert registry.end_all() == []
        assert alive(child)
    finally:
        end(child)


def test_a_forgotten_process_is_left_alone(
    registry: ProcessRegistry, spawn: Callable[..., subprocess.Popen[str]]
) -> None:
    kept, forgotten = spawn(), spawn()
    registry.add(kept.pid)
    registry.add(forgotten.pid)
    registry.remove(forgotten.pid)

    assert registry.end_all() == [kept.pid]
    assert alive(forgotten.pid)


@pytest.mark.parametrize("there", [False, True], ids=["it is gone", "it goes while it is looked for"])
def test_the_children_of_a_process_that_ended_itself_end_too(
    registry: ProcessRegistry,
    spawn: Callable[..., subprocess.Popen[str]],
    monkeypatch: pytest.MonkeyPatch,
    there: bool,
) -> None:
    """The kernel ended the container (out of memory, say), and its worker processes live on in its group."""
    parent = spawn(PARENT)
    child = int(parent.stdout.readline())
    registry.add(parent.pid)
    parent.kill()
    parent.wait()
    monkeypatch.setattr(psutil, "pid_exists", lambda _: there)

    registry.end_all()

    try:
        assert not alive(child)
    finally:
        end(child)


def test_a_process_that_is_gone_is_no_error(
    registry: ProcessRegistry, spawn: Callable[..., subprocess.Popen[str]]
) -> None:
    gone = spawn("pass")
    gone.wait()
    registry.add(gone.pid)
    registry.remove(123)

    assert registry.end_all() == []


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "[1]"])
def test_an_unreadable_file_counts_as_empty(registry: ProcessRegistry, tmp_path: Path, content: str) -> None:
    (tmp_path / "processes.json").write_text(content)

    assert registry.end_all() == []


def test_nothing_remembered_and_no_folder_is_no_error(tmp_path: Path) -> None:
    assert ProcessRegistry(tmp_path / "absent" / "processes.json").end_all() == []


def test_a_process_is_the_same_by_id_and_start() -> None:
    pid, started = own_identity()

    assert pid == os.getpid()
    assert same_process(pid, started).pid == pid
    assert same_process(pid, started + 60) is None
    assert same_process(2**22 + 1, started) is None


def test_a_process_that_has_ended_and_was_not_awaited_is_not_the_same(
    spawn: Callable[..., subprocess.Popen[str]],
) -> None:
    process = spawn()
    started = psutil.Process(process.pid).create_time()
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    assert same_process(process.pid, started) is None


def test_killing_what_is_gone_is_no_error(spawn: Callable[..., subprocess.Popen[str]]) -> None:
    process = spawn()
    handle = psutil.Process(process.pid)
    process.kill()
    process.wait()

    kill_tree(handle)
