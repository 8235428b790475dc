"""pip never outlives the process that wanted it."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from assets import checkout
from assets.progress import Progress
from assets.vendored.container_platform import container_platform
from assets.vendored.pip_process import run_pip

LOCK = """
import sys
from pathlib import Path

from assets import checkout
from assets.model_folder import find_model
from assets.vendored.resolve import update_lock

checkout.ROOT = Path(sys.argv[1])
checkout.MODEL_CODE = checkout.ROOT / "model_code"

update_lock(find_model("toy"), "slim", progress=lambda line: None)
"""


@pytest.fixture
def silent_index(index, monkeypatch):
    """Give pip an index that takes connections and never answers; returns its socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{listener.getsockname()[1]}/simple")
        monkeypatch.setenv("PIP_RETRIES", "0")
        listener.settimeout(60)
        yield listener


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_pip_ends_with_the_command(silent_index, ask, number):
    lock = ask("apple").path / "requirements.slim.lock"
    root = Path(__file__).resolve().parents[4]
    command = [sys.executable, "-c", LOCK, checkout.ROOT]
    with subprocess.Popen(command, cwd=root, stderr=subprocess.DEVNULL) as process:
        connection, _ = silent_index.accept()
        (pip,) = psutil.Process(process.pid).children()
        process.send_signal(number)
        assert process.wait(30) != 0
    connection.close()
    _, alive = psutil.wait_procs([pip], timeout=30)
    assert [one.status() for one in alive] in ([], [psutil.STATUS_ZOMBIE])
    assert not lock.exists()


def test_pip_ends_with_work_that_is_called_off(silent_index, tmp_path):
    class CalledOffError(Exception):
        pass

    class Impatient(Progress):
        connection: socket.socket | None = None

        def check(self) -> None:
            if self.connection:
                raise CalledOffError
            self.connection, _ = silent_index.accept()

    progress = Impatient()
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    with pytest.raises(CalledOffError):
        run_pip(
            "install",
            ["--dry-run", "--target", str(tmp_path / "target"), "apple"],
            platform=container_platform("slim"),
            progress=progress,
            failed="it",
        )
    assert {process.pid for process in psutil.Process().children(recursive=True)} <= before
    assert progress.connection
    progress.connection.close()
