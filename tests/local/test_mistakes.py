"""What a user can get wrong ends in one clear message, an exit code other than 0, and no traceback."""

from __future__ import annotations

import shutil

import pytest


def test_an_endpoint_that_is_not_in_the_settings(machine):
    failed = machine.slipway("invoke", "linaer", "--data", "[]", check=False)
    assert failed.returncode == 1
    assert failed.stderr == (
        "error: Environment local has no endpoint 'linaer'; it has: linear. Did you mean linear?\n"
    )


def test_an_endpoint_that_is_not_deployed(machine):
    failed = machine.slipway("invoke", "linear", "--data", "[]", check=False)
    assert failed.returncode == 1
    assert "is not deployed in environment local" in failed.stderr
    assert "slipway local run -- cdk deploy --all -c env=local" in failed.stderr
    assert len(failed.stderr.strip().splitlines()) == 1


def test_a_request_that_the_model_refuses(deployed):
    failed = deployed.slipway("invoke", "scores", "--data", "[[1, 2]]", check=False)
    assert failed.returncode == 1
    assert failed.stderr.startswith("error: viewed-local-scores-serverless answered 4")
    assert "Traceback" not in failed.stderr


def test_another_account_than_the_settings_name(new_project):
    project = new_project("elsewhere")
    project.write(account="123456789012")
    failed = project.deploy(check=False)
    assert failed.returncode != 0
    assert "123456789012" in failed.stderr
    assert "000000000000" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_two_mistakes_in_the_settings_at_once(new_project):
    project = new_project("mistaken")
    hosting = {"type": "serverles", "memory_size_in_mb": 1500}
    project.write(
        endpoints={"scores": {"model": str(project.model), "container": "slim", "hosting": hosting}}, colour=1
    )
    failed = project.deploy(check=False)
    assert failed.returncode != 0
    assert "colour" in failed.stderr
    assert "serverless" in failed.stderr
    assert str(project.environments / "local.yaml") in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (shutil.rmtree, "is neither a model in model_code nor the path of a model folder"),
        (lambda model: (model / "model.py").unlink(), "model.py"),
        (lambda model: (model / "model.py").write_text("def create_model(:\n"), "line 1"),
    ],
    ids=["no folder", "no model.py", "syntax error"],
)
def test_a_wrong_model_folder(new_project, damage, words):
    project = new_project("damaged")
    damage(project.model)
    failed = project.deploy(check=False)
    assert failed.returncode != 0
    assert words in failed.stderr
    assert "Traceback" not in failed.stderr
