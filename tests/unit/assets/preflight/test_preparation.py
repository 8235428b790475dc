"""What a server needs before its first start: installed apart from the trial, and nothing is left of it."""

import sys
import time
from dataclasses import replace
from textwrap import dedent
from types import SimpleNamespace

import pytest

from assets.preflight import DEFAULT_TIME_LIMIT, PreflightError, preflight, trial
from assets.preflight.server_choice import choose_server, software_folders
from assets.progress import Progress

ANSWER = "def answer(body, content_type):\n    return 200, content_type, body\n"


@pytest.fixture
def prepared_by(monkeypatch):
    """Have the toy's server prepared by a program."""

    def prepare(code: str) -> None:
        stand_in = trial.choose_server

        def choose(*arguments):
            return replace(stand_in(*arguments), preparation=(sys.executable, "-u", "-c", dedent(code)))

        monkeypatch.setattr(trial, "choose_server", choose)

    return prepare


def test_what_the_installation_says_of_itself_is_passed_on(toy, prepared_by):
    prepared_by("print('slipway: fetching'); print('a detail'); print('slipway: done')")
    report, steps = toy.try_out(toy.behave(ANSWER))
    assert report.samples[0].ok
    said = [step for step in steps if step in {"fetching", "a detail", "done"}]
    assert said == ["fetching", "done"]


def test_the_installation_does_not_count_against_the_time_limit(toy, monkeypatch):
    spent = []
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + sum(spent))
    monkeypatch.setattr(trial, "time", clock)
    monkeypatch.setattr(trial, "prepare", lambda *_: spent.append(2 * DEFAULT_TIME_LIMIT))
    report, _ = toy.try_out(toy.behave(ANSWER))
    assert report.samples[0].ok


def test_an_installation_that_fails_stops_the_trial_with_its_reason(toy, prepared_by):
    prepared_by("import sys; sys.exit('slipway: the index cannot be reached')")
    with pytest.raises(PreflightError) as error:
        toy.try_out(toy.behave("raise SystemExit('the server must not start')"))
    assert "the index cannot be reached" in str(error.value)
    assert "slim" in str(error.value)
    assert "--no-preflight" in str(error.value)
    assert toy.left() == []


class CalledOff(Progress):
    """Work that is called off once the installation has begun."""

    def __init__(self):
        super().__init__()
        self.begun = False

    def __call__(self, step: str) -> None:
        self.begun = self.begun or step == "begun"

    def check(self) -> None:
        if self.begun:
            raise KeyboardInterrupt


def test_an_installation_that_is_called_off_ends(toy, target, prepared_by):
    prepared_by("import time; print('slipway: begun'); time.sleep(600)")
    with pytest.raises(KeyboardInterrupt):
        preflight(toy.behave(ANSWER), toy.model, target(), progress=CalledOff())
    assert toy.processes() == []
    assert toy.left() == []


@pytest.mark.parametrize("container", ["slim", "ray-serve", "pytorch-inference"])
def test_each_container_has_its_software(container, tmp_path):
    choice = choose_server(container, tmp_path, 8080, tmp_path / "packages")
    module = choice.command[choice.command.index("-m") + 1]
    assert module == ("local_aws.sagemaker.software.ray_serve" if container == "ray-serve" else "serving")
    assert bool(choice.preparation) == (container == "ray-serve")
    assert (choice.note is None) == (container != "pytorch-inference")
    assert all((folder / "__main__.py").is_file() for folder in software_folders(container))
