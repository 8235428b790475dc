"""Nothing half-written is taken for whole."""

import os
import resource
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from assets import checkout
from assets.errors import AssetError
from assets.model_folder import find_model
from assets.package import Package, package

Pack = Callable[..., tuple[Package, list[str]]]
ContentsOf = Callable[[Path], dict[str, bytes]]
RecordsOf = Callable[[str], set[str]]
StartPython = Callable[..., "subprocess.Popen[str]"]


_KILLED = """
import os
import signal


def kill_while_packing(event, args):
    opens_handler = event == "open" and str(args[0]).endswith("inference.py")
    if opens_handler and list(checkout.STATE.glob("packages/*/*.tmp/*.gz")):
        os.kill(os.getpid(), signal.SIGKILL)


sys.addaudithook(kill_while_packing)
package(find_model("toy"))
"""


def test_killed_while_packing_leaves_nothing_that_is_taken_for_whole(
    toy: Path, pack: Pack, contents_of: ContentsOf, start_python: StartPython
) -> None:
    (toy / "inference.py").write_text("x = 'killed'\n")
    killed = start_python(_KILLED)
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    (unfinished,) = (checkout.STATE / "packages").glob("*/*.tmp")
    packed, steps = pack()
    assert steps == ["packing toy"]
    assert contents_of(packed.path)["code/inference.py"] == b"x = 'killed'\n"
    assert not unfinished.exists()


def test_a_full_disk_is_one_message_and_leaves_nothing(toy: Path, pack: Pack, records_of: RecordsOf) -> None:
    before = records_of("packages")
    (toy / "labels/noise.txt").write_bytes(os.urandom(300_000))
    (toy / "model.py").write_text((toy / "model.py").read_text() + "\n")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(AssetError, match=r"File too large\. The model toy was not packaged\.$"):
            pack()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert records_of("packages") == before


def test_a_folder_that_changes_while_it_is_packaged_is_refused(toy: Path, records_of: RecordsOf) -> None:
    (toy / "inference.py").write_text("x = 1\n")

    def change(step: str) -> None:
        assert step == "packing toy"
        (toy / "samples/one.yaml").write_text("body: [5.0]\n")

    before = records_of("packages")
    with pytest.raises(AssetError, match=r"one\.yaml: changed while it was packaged\. Run the command again\.$"):
        package(find_model("toy"), progress=change)
    assert records_of("packages") == before


_HELD = """
import os


def hold(step):
    print(step, flush=True)
    if "HELD" in os.environ:
        Path(os.environ["HELD"]).read_bytes()


print(package(find_model("toy"), progress=hold).digest)
"""


def test_two_at_once_make_one_package(toy: Path, start_python: StartPython) -> None:
    (toy / "inference.py").write_text("x = 'twice'\n")
    os.mkfifo(checkout.ROOT / "held")
    first = start_python(_HELD, HELD=str(checkout.ROOT / "held"))
    assert first.stdout is not None
    assert first.stdout.readline() == "packing toy\n"
    second = start_python(_HELD)
    assert second.stdout is not None
    assert second.stdout.readline() == "waiting for another packaging of toy to end\n"
    (checkout.ROOT / "held").write_bytes(b"")
    digest = first.communicate(timeout=60)[0]
    assert second.communicate(timeout=60)[0] == digest
    assert (first.returncode, second.returncode) == (0, 0)
