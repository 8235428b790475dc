import json
import os
import select
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from assets import checkout
from assets.errors import AssetError
from slipway.commands.package import package_command, readable
from slipway.errors import CommandError

_APP = typer.Typer()
_APP.command()(package_command)


def test_it_prints_path_size_and_digest(toy: Path) -> None:
    result = CliRunner().invoke(_APP, ["toy", "--no-preflight"])
    assert result.exit_code == 0
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    path = Path(lines["path"])
    assert path.name == "model.tar.gz"
    assert lines["size"].startswith(f"{path.stat().st_size} bytes (")
    assert len(lines["digest"]) == 64


def test_json_stands_alone_on_stdout(toy: Path) -> None:
    (toy / "inference.py").write_text("x = 1\n")
    result = CliRunner().invoke(_APP, ["toy", "--json", "--output", "out", "--no-preflight"])
    facts = json.loads(result.stdout)
    assert set(facts) == {"model", "path", "size", "digest", "entry_point", "container", "findings", "preflight"}
    assert facts["path"] == str(Path("out/model.tar.gz").absolute())
    assert Path(facts["path"]).stat().st_size == facts["size"]
    assert result.stderr == "packing toy\nlisting the operators of model.pt\n"


_ENVIRONMENT = """
account: "000000000000"
region: us-east-1
endpoints:
"""
_ENDPOINT = "  {name}: {{{model}, hosting: {{type: serverless}}}}\n"


@pytest.fixture
def environment(toy: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Write the environment `made` with one endpoint for each `model: …` or `model_data: …`."""
    monkeypatch.setenv("SLIPWAY_ENVIRONMENTS", str(checkout.ROOT))

    def write(*models: str) -> None:
        endpoints = [_ENDPOINT.format(name=f"e{number}", model=model) for number, model in enumerate(models)]
        (checkout.ROOT / "made.yaml").write_text(_ENVIRONMENT + "".join(endpoints))

    return write


def _ready(name: str, content: bytes = b"weights") -> Path:
    folder = checkout.MODEL_CODE / name
    folder.mkdir(parents=True)
    (folder / "w.pt").write_bytes(content)
    (folder / "model.yaml").write_text("weights: w.pt\nacknowledge: {model-unreadable: nobody will load it}\n")
    return folder


def test_all_models_of_an_environment_are_packed_once(environment: Callable[..., None]) -> None:
    names = [f"m{number}" for number in range(5)]
    for name in names:
        _ready(name, name.encode())
    in_s3 = "model_data: {s3_uri: 's3://bucket/a.tar.gz'}"
    environment("model: toy", "model: model_code/toy", in_s3, *(f"model: {name}" for name in names))
    result = CliRunner().invoke(_APP, ["--env", "made", "--json", "--output", "out", "--no-preflight"])
    assert result.exit_code == 0, result.stderr
    facts = json.loads(result.stdout)
    assert facts["environment"] == "made"
    assert [packed["model"] for packed in facts["packages"]] == ["toy", *names]
    assert len({packed["digest"] for packed in facts["packages"]}) == 6
    for packed in facts["packages"]:
        assert packed["path"] == str(Path("out", packed["model"], "model.tar.gz").absolute())
        assert Path(packed["path"]).stat().st_size == packed["size"]
    assert sorted(result.stderr.splitlines()) == [
        "listing the operators of model.pt",
        *(f"packing {name}" for name in names),
    ]
    lines = CliRunner().invoke(_APP, ["--env", "made", "--no-preflight"]).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["model", "path", "size", "digest"] * 6


def test_the_mistakes_of_all_models_are_reported_together(environment: Callable[..., None]) -> None:
    for name in ("a", "b", "c"):
        _ready(name)
    (checkout.MODEL_CODE / "a/w.pt").unlink()
    (checkout.MODEL_CODE / "c/inference.py").write_text("def (\n")
    environment("model: a", "model: b", "model: c")
    with pytest.raises(AssetError) as error:
        CliRunner().invoke(_APP, ["--env", "made", "--no-preflight"], catch_exceptions=False)
    first, second = str(error.value).splitlines()
    assert first.startswith("model_code/a/model.yaml: weights: ")
    assert second.startswith("model_code/c/inference.py, line 1: SyntaxError: ")


def test_models_of_one_name_would_overwrite_each_other(environment: Callable[..., None]) -> None:
    _ready("a")
    _ready("elsewhere/a")
    environment("model: a", "model: model_code/elsewhere/a")
    with pytest.raises(
        CommandError, match=r"^Two models are called a: .*/model_code/a and .*/elsewhere/a\. Rename"
    ):
        CliRunner().invoke(_APP, ["--env", "made", "--no-preflight"], catch_exceptions=False)


def test_an_environment_without_a_model_to_pack(environment: Callable[..., None]) -> None:
    environment("model_data: {s3_uri: 's3://bucket/a.tar.gz'}")
    with pytest.raises(CommandError, match=r"^Environment made has no endpoint with a model to pack\.$"):
        CliRunner().invoke(_APP, ["--env", "made", "--no-preflight"], catch_exceptions=False)


_WAITS = """
import os

def create_model():
    os.write(os.open(os.environ["EXPORT_STARTED"], os.O_WRONLY), b"!")
    os.read(os.open(os.environ["NEVER_WRITTEN"], os.O_RDWR), 1)
"""


def test_ctrl_c_ends_all_models_and_leaves_nothing(
    environment: Callable[..., None], start_python: Callable[..., "subprocess.Popen[str]"]
) -> None:
    for name in ("a", "b"):
        (checkout.MODEL_CODE / name).mkdir()
        (checkout.MODEL_CODE / name / "model.py").write_text(_WAITS)
    environment("model: a", "model: b")
    started, never = checkout.ROOT / "started", checkout.ROOT / "never"
    os.mkfifo(started)
    os.mkfifo(never)
    process = start_python(_COMMAND, EXPORT_STARTED=str(started), NEVER_WRITTEN=str(never))
    with started.open("rb") as pipe:
        assert pipe.read(1) == b"!"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode != 0
        readable, _, _ = select.select([pipe], [], [], 60)
        assert readable, "the pipe ends only when every export process is gone"
        pipe.read()
    assert not list(checkout.STATE.glob("*/*/*.tmp"))


_COMMAND = """
import typer
from slipway.commands import package

package._processors = lambda: 2
app = typer.Typer()
app.command()(package.package_command)
app(["--env", "made"])
"""


def test_mistakes_rise_as_asset_errors(root: Path) -> None:
    with pytest.raises(AssetError, match="'nothing' is neither a model in"):
        CliRunner().invoke(_APP, ["nothing"], catch_exceptions=False)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.00 KiB"),
        (5_000_000, "4.77 MiB"),
        (4 * 1024**3, "4.00 GiB"),
        (10 * 1024**4, "10240.00 GiB"),
    ],
)
def test_readable_sizes(size: int, text: str) -> None:
    assert readable(size) == text
