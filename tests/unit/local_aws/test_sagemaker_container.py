"""A container's process: the real serving software on a tiny model."""

from __future__ import annotations

import os
import shutil
import signal
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
import urllib3

from local_aws import process_environment
from local_aws.process_registry import ProcessRegistry
from local_aws.sagemaker import container as container_module
from local_aws.sagemaker.container import Container, ContainerError, ContainerSpec

STARTUP = 60.0
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")  # the format of model.pt


class Double(torch.nn.Module):
    """Twice the input."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("double") / "model.pt"
    torch.jit.save(torch.jit.script(Double()), file)
    return file


class Lines:
    """Stands for the log group: keeps the container's output."""

    def __init__(self, container: Container, timeout: float) -> None:
        self._timeout = timeout
        self._stdout = container.output.stdout
        self.last_lines: list[str] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        with self._stdout:
            self.last_lines += [line.decode().rstrip() for line in self._stdout]

    def finish(self) -> None:
        self._reading.join(self._timeout)


class Started:
    """Starts containers, and ends them with the test."""

    def __init__(self, folder: Path, model_file: Path) -> None:
        self.folder = folder
        self.registry = ProcessRegistry(folder / "processes.json")
        self._model_file = model_file

    def __call__(
        self,
        code: str = "",
        *,
        timeout: float = STARTUP,
        environment: dict[str, str] | None = None,
        isolated: bool = False,
        output_ends: bool = True,
    ) -> Container:
        """Start one; when a child of it keeps its output open, nobody waits for the end of that."""
        model_dir = self.folder / "model"
        (model_dir / "code").mkdir(parents=True)
        if self._model_file:
            shutil.copy(self._model_file, model_dir / "model.pt")
        if code:
            (model_dir / "code" / "inference.py").write_text(textwrap.dedent(code))
        spec = ContainerSpec(
            "blue", model_dir, self.folder / "packages", timeout, environment or {}, isolated=isolated
        )
        container = Container(spec, self.registry)
        container.attach(Lines(container, STARTUP if output_ends else 0))
        return container


@pytest.fixture
def start(tmp_path: Path, model_file: Path) -> Iterator[Started]:
    started = Started(tmp_path, model_file)
    yield started
    started.registry.end_all()


def ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_it_answers_and_ends(start: Started) -> None:
    container = start()
    container.wait_until_ready()

    answer = urllib3.request("POST", f"{container.url}/invocations", json=[[1, 2]])
    container.stop()

    assert answer.json() == [[2, 4]]
    assert ended(container.pid)
    assert start.registry.end_all() == []
    container.stop()  # a second time is nothing


def test_its_failure_quotes_the_last_error(start: Started) -> None:
    container = start("def model_fn(model_dir):\n    raise ValueError('weights of another shape')\n")

    with pytest.raises(ContainerError) as caught:
        container.wait_until_ready()

    reason = str(caught.value)
    assert "production variant blue did not pass the ping health check" in reason
    assert "weights of another shape" in reason
    assert "\n" not in reason
    assert ended(container.pid)
    assert start.registry.end_all() == []


def test_what_ignores_sigterm_is_killed_with_its_children(start: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that never gets ready, ignores SIGTERM, and has started a process of its own."""
    monkeypatch.setattr(container_module, "_STOP_TIMEOUT", 0.3)
    code = """
        import ctypes, os, signal, subprocess, sys, time
        # Python's own signal.signal works in the main thread only, where a handler's code need not run.
        ctypes.CDLL(None).signal(int(signal.SIGTERM), ctypes.c_void_p(int(signal.SIG_IGN)))
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open("child.new", "w") as file:
            file.write(str(child.pid))
        os.rename("child.new", "child")
        while True:
            time.sleep(1)
    """
    container = start(code, output_ends=False)
    child = start.folder / "model" / "child"
    wait_for(child.exists, container)

    container.stop()

    assert ended(container.pid)
    assert ended(int(child.read_text()))


def test_a_child_that_ignores_sigterm_does_not_outlive_it(start: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container_module, "_STOP_TIMEOUT", 5.0)
    stubborn = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        " file = open('child.new', 'w'); file.write(str(os.getpid())); file.close();"
        " os.rename('child.new', 'child'); time.sleep(600)"
    )
    container = start(
        f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {stubborn!r}])\n", output_ends=False
    )
    container.wait_until_ready()
    written = start.folder / "model" / "child"
    wait_for(written.exists, container)
    child = int(written.read_text())

    container.stop()

    try:
        assert ended(child)
    finally:
        if not ended(child):
            os.kill(child, signal.SIGKILL)


def test_the_children_of_one_that_crashed_do_not_outlive_it(start: Started) -> None:
    container = start(
        """
        import os, signal, subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open("child", "w") as file:
            file.write(str(child.pid))
        os.kill(os.getpid(), signal.SIGKILL)
    """,
        output_ends=False,
    )
    with pytest.raises(ContainerError):
        container.wait_until_ready()
    child = int((start.folder / "model" / "child").read_text())

    container.stop()

    try:
        assert ended(child)
    finally:
        if not ended(child):
            os.kill(child, signal.SIGKILL)


def test_one_that_is_not_ready_in_time_is_ended(start: Started) -> None:
    container = start("import time\ntime.sleep(600)\n", timeout=0.5, output_ends=False)

    with pytest.raises(ContainerError, match="did not pass the ping health check"):
        container.wait_until_ready()
    container.stop()

    assert ended(container.pid)


def test_a_stop_ends_the_wait_for_one_that_comes_up(start: Started) -> None:
    code = "open('loading', 'w').close()\nimport threading\nthreading.Event().wait()\n"
    container, told = start(code, timeout=600), []

    def wait() -> None:
        try:
            container.wait_until_ready()
        except ContainerError as error:
            told.append(error)

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    wait_for((start.folder / "model" / "loading").exists, container)

    container.stop()

    waiting.join(STARTUP)
    assert told
    assert ended(container.pid)


def environment_of(container: Container) -> dict[str, str]:
    """Return what its process was started with: the kernel shows nothing until the program is in its place."""
    process = psutil.Process(container.pid)
    wait_for(lambda: bool(process.environ()), container)
    return process.environ()


def test_the_users_credentials_and_settings_stay_out(start: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("PYTHONSTARTUP", "/nowhere")
    container = start(environment={"OF_THE_MODEL": "1", "PATH": os.environ["PATH"]})

    environment = environment_of(container)

    assert environment["OF_THE_MODEL"] == "1"
    assert not {name for name in environment if name.startswith("AWS_")}
    assert "PYTHONSTARTUP" not in environment


@pytest.mark.parametrize("isolated", [True, False])
def test_in_network_isolation_there_is_no_way_to_packages(
    start: Started, monkeypatch: pytest.MonkeyPatch, isolated: bool
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX", raising=False)
    container = start(environment={"PIP_NO_INDEX": "0"} if isolated else {}, isolated=isolated)

    environment = environment_of(container)

    assert environment.get("PIP_NO_INDEX") == ("1" if isolated else None)


def test_what_is_in_the_image_on_aws_is_made_in_isolation_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert process_environment.for_the_image()["PIP_NO_INDEX"] == "1"  # the user's own

    for name, value in process_environment.NO_PACKAGES.items():
        monkeypatch.setenv(name, value)

    assert "PIP_NO_INDEX" not in process_environment.for_the_image()
    assert process_environment.for_the_image()["PATH"] == os.environ["PATH"]


def wait_for(happened: Callable[[], bool], container: Container) -> None:
    """Poll until something happened, as long as the container lives."""
    process: Any = container.output
    while not happened():
        try:
            process.wait(0.02)
        except container_module.subprocess.TimeoutExpired:
            continue
        pytest.fail("the container ended before")
