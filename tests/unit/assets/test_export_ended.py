"""The export when what started it ends: it ends, too, and leaves nothing that is taken for whole."""

import os
import select
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.model_folder import find_model
from assets.package import package

StartPython = Callable[..., "subprocess.Popen[str]"]
RecordsOf = Callable[[str], set[str]]

_WAITS = """\
import os


def create_model():
    pipe = os.open(os.environ["EXPORT_STARTED"], os.O_WRONLY)
    os.write(pipe, b"!")
    os.read(os.open(os.environ["NEVER_WRITTEN"], os.O_RDWR), 1)
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_export_process_ends_with_the_one_that_started_it(
    root: Path, start_python: StartPython, records_of: RecordsOf, end: signal.Signals
) -> None:
    folder = root / "model_code/toy"
    folder.mkdir()
    (folder / "model.py").write_text(_WAITS)
    started = root / "started"
    os.mkfifo(started)
    os.mkfifo(root / "never")
    process = start_python(
        'package(find_model("toy"))', EXPORT_STARTED=str(started), NEVER_WRITTEN=str(root / "never")
    )
    with started.open("rb") as pipe:
        assert pipe.read(1) == b"!"
        process.send_signal(end)
        process.communicate(timeout=60)
        assert process.returncode != 0
        readable, _, _ = select.select([pipe], [], [], 60)
        assert readable, "the pipe ends only when the export process is gone"
        assert pipe.read() == b""
    if end is signal.SIGINT:
        assert records_of("exports") == set()
    assert not list((root / ".slipway/exports").glob("*/*/model.pt"))
    (folder / "model.py").write_text("import torch\n\n\ndef create_model():\n    return torch.nn.Linear(1, 1)\n")
    package(find_model("toy"))
    (exported,) = (root / ".slipway/exports").glob("*/*/model.pt")
    assert records_of("exports") == {exported.parent.name}
