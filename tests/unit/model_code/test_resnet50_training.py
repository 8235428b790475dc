"""model_code/resnet50/train.py and make_samples.py, run on a small network, and on labels that are not drawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from .resnet50_modules import FOLDER, TINY, resnet50

Classes = Callable[..., SimpleNamespace]
LABELS = resnet50.classifier_settings.read_settings(FOLDER / "classifier.toml").labels


@pytest.fixture
def labelled(monkeypatch: pytest.MonkeyPatch) -> Classes:
    """Have the scripts read settings of a small network with these labels."""

    def put(*labels: str) -> SimpleNamespace:
        settings = resnet50.classifier_settings.ClassifierSettings(
            labels, backbone=resnet50.classifier_settings.Backbone(**TINY)
        )
        for module in (resnet50.train, resnet50.make_samples):
            monkeypatch.setattr(module, "read_settings", lambda _file: settings)
        return settings

    return put


def train(monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
    monkeypatch.setattr("sys.argv", ["train.py", *options])
    resnet50.train.main()


def test_it_writes_what_the_model_loads(
    labelled: Classes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = labelled(*LABELS)
    monkeypatch.setattr(resnet50.train, "_HELD_OUT", 1)
    output = tmp_path / "made" / "here"
    train(monkeypatch, "--each", "1", "--epochs", "1", "--output", str(output))
    assert re.fullmatch(r"held out: [0-9.]+% of 10 pictures\n", capsys.readouterr().out)
    assert {file.name for file in output.iterdir()} == {"statistics.pth", "head.pth"}
    network = resnet50.model.create_network(settings)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    resnet50.checkpoint.load_checkpoints(network, sorted(output.iterdir()), ["backbone"])
    after = network.state_dict()
    changed = {name for name, value in after.items() if not before[name].equal(value)}
    assert {"fc.0.weight", "bn1.running_mean", "bn1.running_var"} <= changed
    assert not [name for name in changed if name.startswith("conv1")]


@pytest.mark.parametrize("option", ["--each", "--epochs"])
def test_a_number_below_one_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        train(monkeypatch, option, "0")
    assert f"argument {option}: 0 is less than 1" in capsys.readouterr().err


def test_labels_that_are_not_drawn_stop_the_training(
    labelled: Classes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    labelled("rings", "cat", "dog")
    with pytest.raises(
        SystemExit, match=r"^train\.py: pictures\.py draws no cat, dog, which classifier\.toml has"
    ):
        train(monkeypatch, "--output", str(tmp_path))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (("cat", "rings"), "classifier.toml has no label vertical stripes, triangle, which these samples show"),
        ((*LABELS, "cat"), "pictures.py draws no cat, which classifier.toml has as labels"),
    ],
    ids=["others", "one more"],
)
def test_labels_that_are_not_drawn_have_no_samples(
    labelled: Classes, labels: tuple[str, ...], reason: str
) -> None:
    labelled(*labels)
    with pytest.raises(SystemExit) as ended:
        resnet50.make_samples.main()
    assert ended.value.code == f"make_samples.py: {reason}; put requests of your own into samples/"
