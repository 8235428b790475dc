"""`slipway train` on this machine: a process with the folders and variables of SageMaker's training container."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assets import checkout

from .conftest import SCRIPT

TELLS = """\
import json, os, sys
from pathlib import Path

import helper

if __name__ == "__main__":
    told = {"variables": dict(os.environ), "arguments": sys.argv[1:], "helper": helper.NAME,
            "data": {str(path.relative_to(os.environ["SM_CHANNEL_TRAINING"])): path.read_text()
                     for path in Path(os.environ["SM_CHANNEL_TRAINING"]).rglob("*") if path.is_file()},
            "config": {path.name: json.loads(path.read_text())
                       for path in Path(os.environ["SM_INPUT_CONFIG_DIR"]).iterdir()},
            "code": sorted(os.listdir())}
    Path(os.environ["SM_MODEL_DIR"], "told.json").write_text(json.dumps(told))
    print("a line of the training")
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    monkeypatch.setattr(checkout, "STATE", folder)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "inner").mkdir(parents=True)
    (folder / "rows.csv").write_text("1,2")
    (folder / "inner" / "more.csv").write_text("3,4")
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    (folder / "samples").mkdir(parents=True)
    (folder / "train.py").write_text(TELLS)
    (folder / "helper.py").write_text("NAME = 'help'\n")
    (folder / "README.md").write_text("for people")
    return folder


Slipway = Callable[..., Any]


def trained(slipway: Slipway, model: Path, data: Path, *options: str) -> Any:
    ran = slipway("train", str(model), "--data", str(data), *options)
    assert ran.status == 0, ran
    return json.loads((Path(ran.text.strip()) / "told.json").read_text())


def test_the_script_gets_sagemakers_variables_and_folders(slipway: Slipway, model: Path, data: Path) -> None:
    told = trained(slipway, model, data)
    variables = told["variables"]
    assert json.loads(variables["SM_HOSTS"]) == [variables["SM_CURRENT_HOST"]] == ["algo-1"]
    assert json.loads(variables["SM_CHANNELS"]) == ["training"]
    assert int(variables["SM_NUM_CPUS"]) >= 1
    assert int(variables["SM_NUM_GPUS"]) >= 0
    assert told["data"] == {"rows.csv": "1,2", "inner/more.csv": "3,4"}
    assert told["config"]["resourceconfig.json"]["hosts"] == ["algo-1"]
    assert told["config"]["inputdataconfig.json"]["training"]["TrainingInputMode"] == "File"
    root = Path(variables["SM_MODEL_DIR"]).parent
    assert variables["SM_CHANNEL_TRAINING"] == f"{root}/input/data/training"
    assert variables["SM_OUTPUT_DATA_DIR"] == f"{root}/output/data"
    assert variables["SM_MODULE_DIR"] == f"{root}/code"


def test_hyperparameters_are_arguments_and_variables(slipway: Slipway, model: Path, data: Path) -> None:
    options = [
        "--hyperparameter",
        "epochs=3",
        "--hyperparameter",
        "batch-size=64",
        "--hyperparameter",
        "note=a = b",
    ]
    told = trained(slipway, model, data, *options)
    assert told["arguments"] == ["--batch-size", "64", "--epochs", "3", "--note", "a = b"]
    assert told["variables"]["SM_HP_EPOCHS"] == "3"
    assert json.loads(told["variables"]["SM_HPS"]) == {"epochs": "3", "batch-size": "64", "note": "a = b"}
    assert told["config"]["hyperparameters.json"] == {"epochs": "3", "batch-size": "64", "note": "a = b"}


def test_the_script_has_what_it_imports_and_nothing_for_people(slipway: Slipway, model: Path, data: Path) -> None:
    told = trained(slipway, model, data)
    assert (told["helper"], told["code"]) == ("help", ["helper.py", "train.py"])


def test_another_jobs_variables_do_not_reach_it(
    slipway: Slipway, model: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SM_CHANNEL_OTHER", "/elsewhere")
    assert "SM_CHANNEL_OTHER" not in trained(slipway, model, data)["variables"]


def test_what_it_leaves_replaces_what_was_trained_before(slipway: Slipway, model: Path, data: Path) -> None:
    (model / "trained").mkdir()
    (model / "trained" / "old.pth").write_text("old")
    ran = slipway("train", str(model), "--data", str(data))
    assert Path(ran.text.strip()) == model / "trained"
    assert [path.name for path in (model / "trained").iterdir()] == ["told.json"]
    assert sorted(path.name for path in model.iterdir()) == [
        "README.md",
        "helper.py",
        "samples",
        "train.py",
        "trained",
    ]


def test_output_names_another_place(slipway: Slipway, model: Path, data: Path, tmp_path: Path) -> None:
    ran = slipway("train", str(model), "--data", str(data), "--output", str(tmp_path / "deep" / "place"))
    assert Path(ran.text.strip()) == tmp_path / "deep" / "place"
    assert (tmp_path / "deep" / "place" / "told.json").is_file()
    assert not (model / "trained").exists()


def test_its_folders_are_gone_afterwards_and_the_data_is_not(
    slipway: Slipway, model: Path, data: Path, state: Path
) -> None:
    trained(slipway, model, data)
    assert not [path for path in state.rglob("*") if path.is_file() or path.is_symlink()]
    assert (data / "rows.csv").read_text() == "1,2"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("raise SystemExit(3)  # SM_MODEL_DIR", "The training ended with status 3: its last lines above say why"),
        (
            "import os; os.kill(os.getpid(), 9)  # SM_MODEL_DIR",
            "The training was ended by signal 9: its last lines above say why",
        ),
        (
            "pass  # SM_MODEL_DIR",
            "The training wrote nothing into SM_MODEL_DIR: have train.py save its weights there",
        ),
    ],
    ids=["status", "signal", "nothing"],
)
def test_a_failed_training_leaves_what_was_trained_before(
    slipway: Slipway, model: Path, data: Path, script: str, reason: str
) -> None:
    (model / "train.py").write_text(script)
    (model / "trained").mkdir()
    (model / "trained" / "old.pth").write_text("old")
    ran = slipway("train", str(model), "--data", str(data))
    assert ran.status == 1
    assert ran.errors.splitlines()[-1] == f"error: {reason}"
    assert (model / "trained" / "old.pth").read_text() == "old"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("epochs", "'epochs' is not name=value, as in epochs=20"),
        ("=3", "'=3' is not name=value, as in epochs=20"),
        ("sagemaker_program=x", "'sagemaker_program': names that start with sagemaker_ are SageMaker's own"),
        (
            f"note={'x' * 3000}",
            "'note' is too long; SageMaker allows 256 characters of a name and 2500 of a value",
        ),
    ],
    ids=["no-value", "no-name", "reserved", "too-long"],
)
def test_a_wrong_hyperparameter_is_named(
    slipway: Slipway, model: Path, data: Path, text: str, reason: str
) -> None:
    ran = slipway("train", str(model), "--data", str(data), "--hyperparameter", text)
    assert ran.error() == f"--hyperparameter: {reason}"


def test_a_hyperparameter_stands_once(slipway: Slipway, model: Path, data: Path) -> None:
    options = ["--hyperparameter", "epochs=1", "--hyperparameter", "epochs=2"]
    ran = slipway("train", str(model), "--data", str(data), *options)
    assert ran.error() == "--hyperparameter: 'epochs' is given twice"


def test_data_that_is_not_there_is_named(slipway: Slipway, model: Path, tmp_path: Path) -> None:
    ran = slipway("train", str(model), "--data", str(tmp_path / "absent"))
    assert ran.error() == f"--data: {tmp_path}/absent is no folder; give the one with the training data"
    (tmp_path / "empty").mkdir()
    ran = slipway("train", str(model), "--data", str(tmp_path / "empty"))
    assert ran.error() == f"--data: there is no file in {tmp_path}/empty"


def test_a_model_without_a_script_is_named(slipway: Slipway, model: Path, data: Path) -> None:
    (model / "train.py").unlink()
    ran = slipway("train", str(model), "--data", str(data))
    assert ran.error() == f"{model} has no train.py, which is the script that trains a model"


@pytest.mark.parametrize("name", ["resnet50", "synpg"])
def test_a_script_that_leaves_nothing_in_sm_model_dir_is_refused_before_it_runs(
    slipway: Slipway, data: Path, state: Path, name: str
) -> None:
    ran = slipway("train", name, "--data", str(data))
    script = f"model_code/{name}/train.py"
    assert ran.error() == (
        f"{script} never mentions SM_MODEL_DIR, from where `slipway train` takes the result: run it directly, "
        f"python {script}, or have it save its weights there"
    )
    assert not state.exists()


@pytest.mark.parametrize("file", ["helper.py", "settings.yaml"])
def test_what_travels_with_the_script_may_mention_sm_model_dir(
    slipway: Slipway, model: Path, data: Path, file: str
) -> None:
    (model / "train.py").write_text(TELLS.replace('"SM_MODEL_DIR"', 'helper.NAME + "_DIR"'))
    (model / "helper.py").write_text("NAME = 'SM_' + 'MODEL'\n")
    with (model / file).open("a") as text:
        text.write("# SM_MODEL_DIR\n")
    assert trained(slipway, model, data)["helper"] == "SM_MODEL"


@pytest.mark.parametrize("option", [["--spot"], ["--instance-type", "ml.g5.xlarge"], ["--instance-count", "2"]])
def test_options_of_aws_are_refused_on_this_machine(
    slipway: Slipway, model: Path, data: Path, option: list[str]
) -> None:
    ran = slipway("train", str(model), "--data", str(data), *option)
    assert ran.error().startswith(f"{option[0]} is for AWS: on this machine a training is one process")


@pytest.mark.parametrize("number", [signal.SIGINT], ids=["ctrl-c"])
def test_ctrl_c_asks_the_training_to_end(model: Path, data: Path, tmp_path: Path, number: int) -> None:
    marks = tmp_path / "marks"
    (model / "train.py").write_text(
        "import signal, sys, time\nfrom pathlib import Path  # nothing of it in SM_MODEL_DIR\n"
        f"def end(*_):\n    Path({str(marks)!r}).write_text('asked')\n    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\nprint('begun', flush=True)\nsignal.pause()\n"
    )
    command = [SCRIPT, "train", str(model), "--data", str(data)]
    process = subprocess.Popen(command, env=dict(os.environ), stderr=subprocess.PIPE, text=True)
    assert process.stderr
    while (line := process.stderr.readline()) != "begun\n":
        assert line, "it ended before it began"
    process.send_signal(number)
    process.communicate()
    assert process.returncode != 0
    assert marks.read_text() == "asked"
    assert not (model / "trained").exists()
