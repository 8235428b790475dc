"""Each side is synthesized by its own code, and nothing of it outlives an interrupted review."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from slipway.errors import CommandError
from slipway.review.synthesis import Side, synthesize

APP = """
import json, os, sys
import aws_cdk as cdk
import assets
app = cdk.App(auto_synth=False)
cdk.Stack(app, "Made", description=f"{assets.NAME} {app.node.try_get_context('env')} {sorted(seen())}")
app.synth()
"""
SEEN = """
def seen():
    return [name for name in os.environ if name.startswith("AWS_") or name == "CDK_DEFAULT_ACCOUNT"]
"""
WAITS = """
import os
with open("started", "w") as started:
    started.write(str(os.getpid()))
signal.pause()
"""
INTERRUPTED = """
import sys
from pathlib import Path
from slipway.review.synthesis import Side, synthesize
synthesize([Side("head", Path(sys.argv[1]), ["dev"], Path(sys.argv[1]) / "out")], print)
"""


def side(folder: Path, name: str, app: str) -> Side:
    tree = folder / name
    (tree / "assets").mkdir(parents=True)
    (tree / "assets" / "__init__.py").write_text(f"NAME = {name!r}\n")
    (tree / "cdk.json").write_text("{}")
    (tree / "app.py").write_text(app)
    return Side(name, tree, ["dev"], folder / f"{name}.out")


def test_each_side_runs_its_own_code_without_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "secret")
    monkeypatch.setenv("CDK_DEFAULT_ACCOUNT", "123456789012")
    monkeypatch.setenv("CDK_VALIDATION", "false")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    app = APP.replace("app = cdk", f"{SEEN}app = cdk")
    sides = [side(tmp_path, "base", app), side(tmp_path, "head", app)]
    heard: list[str] = []
    assert synthesize(sides, heard.append) == [{}, {}]
    assert sorted(heard) == ["base: synthesizing dev", "head: synthesizing dev"]
    for each in sides:
        template = json.loads((each.assembly("dev") / "Made.template.json").read_text())
        assert template["Description"] == f"{each.name} dev ['AWS_EC2_METADATA_DISABLED']"


def test_what_an_app_says_when_it_ends_or_fails_is_its_failure(tmp_path: Path) -> None:
    ended = side(tmp_path, "base", "import sys; sys.exit('the settings are wrong')")
    broken = side(tmp_path, "head", "1 / 0")
    assert synthesize([ended, broken], lambda _: None) == [
        {"dev": "the settings are wrong"},
        {"dev": "ZeroDivisionError: division by zero"},
    ]


def test_a_process_that_dies_is_an_error(tmp_path: Path) -> None:
    dead = side(tmp_path, "head", "import os; os.write(2, b'last\\x1b[2Jwords'); os._exit(3)")
    with pytest.raises(CommandError, match=r"the synth of the head ended before its time: last\\x1b\[2Jwords$"):
        synthesize([dead], lambda _: None)


def test_an_interrupted_synth_leaves_no_process(tmp_path: Path) -> None:
    waiting = side(tmp_path, "head", f"import signal\n{WAITS}")
    os.mkfifo(waiting.tree / "started")
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED, str(waiting.tree)], stderr=subprocess.PIPE)
    started = int((waiting.tree / "started").read_text())  # waits until it is written
    child = psutil.Process(started)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert not child.is_running()
