"""Starts, finds and ends the process of the local AWS, from the outside."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from local_aws.client_environment import path_with_tools
from local_aws.emulator import READY_FILE
from local_aws.errors import LocalAwsError
from local_aws.folder_lock import folder_locked
from local_aws.process_environment import passed_on
from local_aws.process_registry import ProcessRegistry, kill_tree, same_process
from local_aws.running_emulator import Emulator

DEFAULT_PORT = 4566
DEFAULT_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"
_START_TIMEOUT = 60.0  # seconds
_STOP_TIMEOUT = 90.0  # seconds; requests in flight may take 60
_SETTLE_TIMEOUT = 600.0  # seconds
_POLL = 0.05
_LAST_PORT = 65_535
_PROCESSES, _LOG = "processes.json", "emulator.log"
Say = Callable[[str], None]


class LocalAws:
    """The local AWS of a checkout.

    Parameters
    ----------
    folder
        Where everything of it lies; removed by a purge.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / _LOG
        self.images = folder / "images"
        self._registry = ProcessRegistry(folder / _PROCESSES)

    def find(self) -> Emulator | None:
        """Return the running emulator, or None."""
        try:
            emulator = Emulator(**json.loads((self.folder / READY_FILE).read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return emulator if same_process(emulator.pid, emulator.started) else None

    def running(self) -> Emulator:
        """Return the running emulator.

        Raises
        ------
        LocalAwsError
            When none runs.
        """
        emulator = self.find()
        if emulator is None:
            raise LocalAwsError("AWS on this machine is not running. Start it with: slipway local up")
        return emulator

    def up(self, port: int | None, say: Say, *, strict: bool = False) -> Emulator:
        """Start the emulator, unless it runs, and wait until it and its endpoints answer.

        Parameters
        ----------
        port
            Where it shall answer; None for where it runs already, else ``DEFAULT_PORT``.
        say
            Takes progress.
        strict
            Whether it has to enforce IAM. One that runs does so or not until it ends.

        Raises
        ------
        LocalAwsError
            When it cannot start, with its last words, or runs otherwise.
        """
        if port is not None and not 0 < port <= _LAST_PORT:
            raise LocalAwsError(f"Port {port} is no port from 1 to {_LAST_PORT}")
        emulator = self.find()
        if emulator is not None:
            return _kept(emulator, port, say, strict=strict)
        with folder_locked(self.folder, lambda: say("waiting for another start of AWS on this machine to end")):
            emulator = self.find()  # another command may have been faster
            if emulator is not None:
                return _kept(emulator, port, say, strict=strict)
            emulator = self._start(port or DEFAULT_PORT, say, strict=strict)
        self._wait_for_endpoints(emulator, say)
        return emulator

    def wait_until_settled(self, say: Say) -> None:
        """Wait until no operation goes on on any stack, such as one that an interrupted command had started.

        Raises
        ------
        LocalAwsError
            When the emulator does not run, or an operation does not end.
        """
        emulator, told = self.running(), False
        for _ in _until(_SETTLE_TIMEOUT):
            busy = emulator.stacks_in_progress()
            if not busy:
                return
            if not told:
                say(f"waiting for what goes on: {', '.join(busy)}")
                told = True
        raise LocalAwsError(f"An operation on {', '.join(busy)} does not end. See: slipway local status")

    def down(self, *, purge: bool, say: Say) -> bool:
        """End the emulator and every endpoint process; return whether it ran.

        Parameters
        ----------
        purge
            Whether to remove its state as well.
        say
            Takes progress.

        Raises
        ------
        LocalAwsError
            When the state shall be kept and cannot be saved; then it runs on.
        """
        emulator, removable = self.find(), purge and self._is_ours()
        if emulator is not None:
            say("stopping AWS on this machine")
            if not removable:
                emulator.save()
            _end(emulator)
        self._registry.end_all()
        (self.folder / READY_FILE).unlink(missing_ok=True)
        if removable:
            shutil.rmtree(self.folder, ignore_errors=True)
        return emulator is not None

    def _is_ours(self) -> bool:
        """Whether the folder may be removed: a wrong ``SLIPWAY_LOCAL_FOLDER`` shall cost nobody their files."""
        return any((self.folder / name).exists() for name in (_LOG, _PROCESSES, READY_FILE))

    def _start(self, port: int, say: Say, *, strict: bool) -> Emulator:
        if not self._is_ours() and any(self.folder.iterdir()):
            raise LocalAwsError(f"{self.folder} holds other files; name an empty folder or a new one")
        orphans = self._registry.end_all()
        if orphans:
            say(f"ended {len(orphans)} endpoint process(es) that an earlier run had left behind")
        say(f"starting AWS on this machine, port {port}")
        return self._started(port, strict=strict)

    def _started(self, port: int, *, strict: bool) -> Emulator:
        checkout = Path(__file__).resolve().parents[1]
        command = [
            *(sys.executable, "-m", "local_aws.emulator", "--port", str(port), "--folder", str(self.folder)),
            *("--account", DEFAULT_ACCOUNT, "--region", DEFAULT_REGION),
            *(["--strict"] if strict else []),
        ]
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=checkout,
                env={**passed_on(), "PATH": path_with_tools()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            for _ in _until(_START_TIMEOUT):
                emulator = self.find()
                if emulator is not None and emulator.pid == process.pid:
                    return emulator
                if process.poll() is not None:
                    break
        except BaseException:  # Ctrl-C while it starts
            kill_tree(psutil.Process(process.pid))
            raise
        if process.poll() is None:
            kill_tree(psutil.Process(process.pid))
        raise LocalAwsError(self._why_it_ended(port))

    def _why_it_ended(self, port: int) -> str:
        words = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        reason = words[-1] if words else "it said nothing"
        advice = f" Take another one: slipway local up --port {port + 1}" if "cannot be used" in reason else ""
        return f"AWS on this machine did not start: {reason}.{advice or f' Its log: {self.log}'}"

    def _wait_for_endpoints(self, emulator: Emulator, say: Say) -> None:
        """Wait until endpoints from before a restart answer again, and what was cut off is settled."""
        told = False
        for _ in _until(600):
            waiting = [e["name"] for e in emulator.endpoints() if e["status"] in {"Updating", "Creating"}]
            recovery = emulator.recovery()
            if not waiting and not recovery["under_way"]:
                for note in recovery["notes"]:
                    say(note)
                return
            if waiting and not told:
                say(f"starting endpoints: {', '.join(waiting)}")
                told = True


def _kept(emulator: Emulator, port: int | None, say: Say, *, strict: bool) -> Emulator:
    if port not in {emulator.port, None}:
        raise LocalAwsError(
            f"AWS on this machine already runs on port {emulator.port}."
            f" To move it: slipway local down && slipway local up --port {port}"
        )
    _tell_how_to_switch(emulator, say, strict=strict)
    return emulator


def _tell_how_to_switch(emulator: Emulator, say: Say, *, strict: bool) -> None:
    if strict and not emulator.strict:
        raise LocalAwsError(
            "AWS on this machine already runs, and not in strict mode."
            " To switch, with its state kept: slipway local down && slipway local up --strict"
        )
    if emulator.strict and not strict:
        say(
            "AWS on this machine runs in strict mode."
            " To leave it, with its state kept: slipway local down && slipway local up"
        )


def _end(emulator: Emulator) -> None:
    process = same_process(emulator.pid, emulator.started)
    if process is None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
    _, alive = psutil.wait_procs([process], timeout=_STOP_TIMEOUT)
    for stuck in alive:
        kill_tree(stuck)


def _until(seconds: float) -> Iterator[None]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(_POLL)
