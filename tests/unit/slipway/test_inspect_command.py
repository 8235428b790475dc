from __future__ import annotations

import gzip
import io
import json
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from assets import checkout
from assets.errors import AssetError
from slipway.commands.inspect import inspect_command
from slipway.errors import CommandError
from stacks.settings import SettingsError

_APP = typer.Typer()
_APP.command()(inspect_command)

_LOADER = "def model_fn(model_dir):\n    return None\n"
_LABELS = pickle.dumps(["cat", "dog", 3])
_ENVIRONMENT = """\
account: "000000000000"
region: us-east-1
endpoints:
  small:
    model: ready
    hosting: {type: serverless, memory_size_in_mb: 1024}
  large:
    model: ready
    container: ray-serve
    hosting: {type: real-time, instance_type: ml.g5.xlarge}
  other:
    model: unused
    hosting: {type: real-time, instance_type: ml.c7i.large}
"""


def _weights() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
    return stream.getvalue()


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give this process a checkout with a model of ready weights, which needs no torch; its folder."""
    for name, path in {"ROOT": ".", "MODEL_CODE": "model_code", "STATE": ".slipway"}.items():
        monkeypatch.setattr(checkout, name, tmp_path / path)
    monkeypatch.setenv("SLIPWAY_ENVIRONMENTS", str(tmp_path / "environments"))
    monkeypatch.chdir(tmp_path)
    for name in ("ready", "unused"):
        folder = tmp_path / "model_code" / name
        folder.mkdir(parents=True)
        (folder / "weights.pt").write_bytes(_weights())
        (folder / "inference.py").write_text(_LOADER)
        (folder / "model.yaml").write_text("weights: weights.pt\n")
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "mine.yaml").write_text(_ENVIRONMENT)
    return tmp_path / "model_code" / "ready"


@pytest.fixture
def inspect() -> Callable[..., Result]:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(_APP, arguments, catch_exceptions=False)

    return run


@pytest.fixture
def tarball(tmp_path: Path) -> Callable[..., str]:
    def write(**files: bytes) -> str:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as tar:
            for name, content in {"model.pt": _weights(), "code/inference.py": _LOADER.encode(), **files}.items():
                header = tarfile.TarInfo(name)
                header.size = len(content)
                tar.addfile(header, io.BytesIO(content))
        path = tmp_path / "model.tar.gz"
        path.write_bytes(gzip.compress(stream.getvalue()))
        return str(path)

    return write


@pytest.mark.parametrize("subject", ["ready", "model_code/ready"])
def test_a_model_without_findings(ready: Path, inspect: Any, subject: str) -> None:
    result = inspect(subject)
    assert result.exit_code == 0
    assert (
        result.stdout == f"{subject} for slim (Python 3.12, torch 2.13): errors: 0, warnings: 0, acknowledged: 0\n"
    )


def test_a_finding_with_its_place_reason_and_mend(ready: Path, inspect: Any) -> None:
    (ready / "labels.pkl").write_bytes(_LABELS)
    (ready / "requirements.txt").write_text("einops\n")
    result = inspect("ready")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "error: pickle: code/labels.pkl"
    assert lines[1].startswith("    is a pickle")
    assert lines[2].startswith("    Mend: Save")
    assert lines[3] == "warning: requirements-unpinned: code/requirements.txt, line 1"
    assert lines[-1].endswith("errors: 1, warnings: 1, acknowledged: 0")


def test_warnings_alone_are_no_failure(ready: Path, inspect: Any) -> None:
    (ready / "requirements.txt").write_text("einops\n")
    assert inspect("ready").exit_code == 0


def test_an_acknowledged_finding_is_shown_with_its_reason(ready: Path, inspect: Any) -> None:
    (ready / "labels.pkl").write_bytes(_LABELS)
    settings = ready / "model.yaml"
    settings.write_text("weights: weights.pt\nacknowledge:\n  pickle: read by our own loader\n")
    result = inspect("ready")
    assert result.exit_code == 0
    assert "acknowledged: pickle: code/labels.pkl\n" in result.stdout
    assert "    Reason: read by our own loader\n" in result.stdout
    facts = json.loads(inspect("ready", "--json").stdout)
    assert facts["findings"] == []
    assert facts["acknowledged"][0]["reason"] == "read by our own loader"


def test_json_of_a_tarball(ready: Path, inspect: Any, tarball: Any) -> None:
    path = tarball(**{"code/labels.pkl": _LABELS})
    result = inspect(path, "--json", "--container", "ray-serve")
    assert result.exit_code == 1
    assert result.stderr == "reading model.tar.gz\n"
    facts = json.loads(result.stdout)
    assert set(facts) == {"subject", "targets", "findings", "acknowledged"}
    assert facts["subject"] == path
    assert [target["container"] for target in facts["targets"]] == ["ray-serve"]
    (finding,) = facts["findings"]
    assert set(finding) == {"id", "severity", "where", "what", "mend"}
    assert (finding["id"], finding["severity"], finding["where"]) == ("pickle", "error", "code/labels.pkl")


def test_the_environment_s_endpoints_choose_the_targets(ready: Path, inspect: Any) -> None:
    facts = json.loads(inspect("ready", "--env", "mine", "--json").stdout)
    targets = [(one["container"], one["hosting"], one["memory_size_in_mb"]) for one in facts["targets"]]
    assert targets == [("slim", "serverless", 1024), ("ray-serve", "real-time", None)]
    assert facts["findings"] == []


def test_all_endpoints_for_a_tarball(ready: Path, inspect: Any, tarball: Any) -> None:
    facts = json.loads(inspect(tarball(), "--env", "mine", "--json").stdout)
    assert len(facts["targets"]) == 3


def test_a_bare_model_file(ready: Path, inspect: Any) -> None:
    result = inspect("model_code/ready/weights.pt")
    assert result.exit_code == 1
    assert result.stdout.startswith("error: model-needs-handler: weights.pt\n")


def test_mistakes(ready: Path, inspect: Any) -> None:
    with pytest.raises(CommandError, match="give one of the two"):
        inspect("ready", "--env", "mine", "--container", "slim")
    with pytest.raises(
        CommandError, match=r"'tgi' is no container; allowed: slim, ray-serve, pytorch-inference\.$"
    ):
        inspect("ready", "--container", "tgi")
    with pytest.raises(SettingsError, match="no environment 'mien'"):
        inspect("ready", "--env", "mien")
    with pytest.raises(AssetError, match="'nothing' is neither a model in"):
        inspect("nothing")
    environment = checkout.ROOT / "environments" / "mine.yaml"
    environment.write_text(_ENVIRONMENT.replace("model: ready", "model: unused"))
    with pytest.raises(CommandError, match="In the environment mine no endpoint uses the model ready"):
        inspect("ready", "--env", "mine")
