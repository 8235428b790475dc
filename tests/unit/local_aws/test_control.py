"""The process of the local AWS from the outside: found, not there, not startable, ended."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest

from local_aws.control import DEFAULT_PORT, LocalAws
from local_aws.errors import LocalAwsError
from local_aws.folder_lock import folder_locked
from local_aws.process_registry import ProcessRegistry, own_identity
from local_aws.running_emulator import Emulator

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalAws]:
    local = LocalAws(tmp_path / "local")
    yield local
    local.down(purge=True, say=print)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def spawn() -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(SLEEP, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def announce(local: LocalAws, pid: int, started: float, port: int = 1) -> None:
    """Write what an emulator writes when it is ready."""
    local.folder.mkdir(parents=True, exist_ok=True)
    ready = {"pid": pid, "started": started, "port": port, "account": "000000000000", "region": "us-east-1"}
    (local.folder / "emulator.json").write_text(json.dumps(ready))


def announce_process(local: LocalAws, process: subprocess.Popen[bytes], port: int = 1) -> None:
    announce(local, process.pid, psutil.Process(process.pid).create_time(), port)


def ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class TestFind:
    def test_one_that_runs_is_found(self, local: LocalAws, spawn: Callable[[], Any]) -> None:
        process = spawn()
        announce_process(local, process, 4999)

        emulator = local.find()

        assert emulator is not None
        assert (emulator.pid, emulator.account, emulator.region) == (process.pid, "000000000000", "us-east-1")
        assert local.running().url == "http://127.0.0.1:4999"

    def test_none_is_found_on_a_fresh_checkout(self, local: LocalAws) -> None:
        assert local.find() is None

    def test_one_whose_process_id_went_to_another_process_is_stale(self, local: LocalAws) -> None:
        pid, started = own_identity()
        announce(local, pid, started - 3600)

        assert local.find() is None

    @pytest.mark.parametrize(
        "content",
        ["", "{", "[]", "null", "{}", '{"pid": 1, "other": 2}', '{"pid": "x", "started": 0, "port": 1}', "\x00"],
    )
    def test_what_cannot_be_read_is_stale(self, local: LocalAws, content: str) -> None:
        local.folder.mkdir()
        (local.folder / "emulator.json").write_text(content)

        assert local.find() is None

    def test_what_to_do_when_none_runs(self, local: LocalAws) -> None:
        with pytest.raises(LocalAwsError, match="is not running"):
            local.running()


class TestUp:
    def test_a_port_in_use_is_named_with_another_one(self, local: LocalAws, said: list[str]) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]

            with pytest.raises(LocalAwsError) as caught:
                local.up(port, said.append)

        message = str(caught.value)
        assert f"Port {port} of 127.0.0.1 cannot be used: Address already in use" in message
        assert f"slipway local up --port {port + 1}" in message
        assert "\n" not in message
        assert local.find() is None

    def test_one_that_runs_is_kept(self, local: LocalAws, said: list[str], spawn: Callable[[], Any]) -> None:
        process = spawn()
        announce_process(local, process, 4999)

        assert local.up(4999, said.append).pid == process.pid
        assert local.up(None, said.append).pid == process.pid
        assert said == []

    @pytest.mark.parametrize("port", [5000, DEFAULT_PORT])
    def test_one_that_runs_elsewhere_is_not_moved(
        self, local: LocalAws, spawn: Callable[[], Any], port: int
    ) -> None:
        announce_process(local, spawn(), 4999)

        with pytest.raises(LocalAwsError, match=rf"already runs on port 4999.*slipway local up --port {port}"):
            local.up(port, print)

    def test_orphans_of_an_earlier_run_are_ended(
        self, local: LocalAws, said: list[str], spawn: Callable[[], Any]
    ) -> None:
        orphan = spawn()
        local.folder.mkdir()
        ProcessRegistry(local.folder / "processes.json").add(orphan.pid)
        with socket.socket() as taken:  # it is ended before anything else is tried
            taken.bind(("127.0.0.1", 0))
            taken.listen()

            with pytest.raises(LocalAwsError):
                local.up(taken.getsockname()[1], said.append)

        assert ended(orphan.pid)
        assert said[0].startswith("ended 1 endpoint process(es)")

    @pytest.mark.parametrize("port", [0, 70_000])
    def test_what_is_no_port_is_named(self, local: LocalAws, said: list[str], port: int) -> None:
        with pytest.raises(LocalAwsError, match=rf"[Pp]ort {port}\b"):
            local.up(port, said.append)

        assert local.find() is None


class TestDown:
    def test_one_that_runs_is_ended_with_what_it_left(self, local: LocalAws, spawn: Callable[[], Any]) -> None:
        emulator, container = spawn(), spawn()
        announce_process(local, emulator)
        ProcessRegistry(local.folder / "processes.json").add(container.pid)

        assert local.down(purge=False, say=print) is True
        assert ended(emulator.pid)
        assert ended(container.pid)
        assert local.folder.exists()
        assert local.find() is None

    @pytest.mark.parametrize("purge", [False, True])
    def test_it_runs_on_when_its_state_cannot_be_saved_unless_that_is_given_up(
        self, local: LocalAws, spawn: Callable[[], Any], http_container: Any, answering: Any, purge: bool
    ) -> None:
        body = b'["failed to save cloudformation: [Errno 28] No space left on device"]'
        server, process = http_container(answering(200, body)), spawn()
        started = psutil.Process(process.pid).create_time()
        announce(local, process.pid, started, port=int(server.url.rpartition(":")[2]))
        local.log.touch()

        if purge:
            assert local.down(purge=True, say=print) is True
        else:
            with pytest.raises(LocalAwsError, match=r"No space left on device.* It runs on"):
                local.down(purge=False, say=print)

        assert (process.poll() is None) == (not purge)
        assert local.folder.exists() == (not purge)

    def test_a_purge_removes_the_state(self, local: LocalAws) -> None:
        (local.folder / "state").mkdir(parents=True)
        local.log.touch()

        assert local.down(purge=True, say=print) is False
        assert not local.folder.exists()

    def test_a_folder_of_other_files_is_neither_used_nor_removed(self, local: LocalAws, free_port: int) -> None:
        """A wrong SLIPWAY_LOCAL_FOLDER, a home folder say, costs nobody their files."""
        local.folder.mkdir(parents=True)
        (local.folder / "thesis.txt").touch()

        with pytest.raises(LocalAwsError, match="holds other files"):
            local.up(free_port, print)
        local.down(purge=True, say=print)

        assert (local.folder / "thesis.txt").exists()

    @pytest.mark.parametrize("purge", [False, True])
    def test_on_a_fresh_checkout_nothing_is_to_do(self, local: LocalAws, purge: bool) -> None:
        assert local.down(purge=purge, say=print) is False

    def test_a_stranger_with_the_old_process_id_lives_on(self, local: LocalAws, spawn: Callable[[], Any]) -> None:
        stranger = spawn()
        announce(local, stranger.pid, psutil.Process(stranger.pid).create_time() - 3600)

        assert local.down(purge=False, say=print) is False
        assert stranger.poll() is None


class TestEndpoints:
    """What the running process says about its endpoints."""

    def emulator(self, url: str) -> Emulator:
        pid, started = own_identity()
        return Emulator(pid, started, int(url.rpartition(":")[2]), "000000000000", "us-east-1")

    def test_they_are_listed(self, http_container: Any, answering: Any) -> None:
        page = [{"name": "linear", "status": "InService", "variants": []}]
        server = http_container(answering(200, json.dumps(page).encode()))

        assert self.emulator(server.url).endpoints() == page
        assert [request.path for request in server.requests] == ["/_slipway/endpoints"]

    def test_a_process_that_does_not_answer_is_named(self, free_port: int) -> None:
        emulator = self.emulator(f"http://127.0.0.1:{free_port}")

        with pytest.raises(LocalAwsError, match=rf"process {os.getpid()}\) does not answer"):
            emulator.endpoints()


def test_one_starts_answers_and_ends(
    local: LocalAws, said: list[str], free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real process, under variables that other tools for a local AWS read."""
    monkeypatch.setenv("SERVICES", "s3")
    monkeypatch.setenv("AWS_PROFILE", "of-the-users")
    emulator = local.up(free_port, said.append)
    monkeypatch.delenv("AWS_PROFILE")
    try:
        sagemaker, ssm = (
            boto3.client(
                service,
                endpoint_url=emulator.url,
                region_name="us-east-1",
                aws_access_key_id="0" * 12,
                aws_secret_access_key="local",
            )
            for service in ("sagemaker", "ssm")
        )
        assert emulator.endpoints() == []
        assert sagemaker.list_endpoints()["Endpoints"] == []
        with pytest.raises(ssm.exceptions.ParameterNotFound):
            ssm.get_parameter(Name="/absent")
    finally:
        assert local.down(purge=False, say=said.append) is True

    assert ended(emulator.pid)
    assert local.find() is None


def test_two_starts_at_once_start_one(local: LocalAws, free_port: int) -> None:
    """Two processes on one state folder would each write over what the other saved."""
    said: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        starts = [pool.submit(LocalAws(local.folder).up, free_port, said.append) for _ in range(2)]
        first, second = (start.result() for start in starts)

    assert first == second == local.find()
    assert len([line for line in said if line.startswith("starting AWS")]) == 1


def test_a_start_that_waited_still_refuses_another_port(local: LocalAws, free_port: int) -> None:
    waits = threading.Event()
    holder = LocalAws(local.folder)
    with ThreadPoolExecutor(1) as pool:
        with folder_locked(local.folder, lambda: None):
            late = pool.submit(local.up, 1, lambda _text: waits.set())
            assert waits.wait(30)
            announce(holder, *own_identity(), free_port)
        with pytest.raises(LocalAwsError, match=f"already runs on port {free_port}"):
            late.result()
    (local.folder / "emulator.json").unlink()
