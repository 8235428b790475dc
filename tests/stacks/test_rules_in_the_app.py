"""The rules in Slipway's own app: its environments are silent, and what is broken does not get through."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from assets.errors import AssetError
from stacks.environment_app import EnvironmentApp
from stacks.settings import load_environment

from .conftest import CONTEXT, made_up_package
from .examples import EXAMPLES, NAMES
from .rules.deployments import SERVERLESS, deploy, serverless

COMMITTED = ("local", "dev", "staging", "prod")


@pytest.mark.parametrize("name", [*COMMITTED, *NAMES])
def test_an_environment_has_no_finding(name: str, synthesize: Callable[..., Any]) -> None:
    assembly = synthesize(name) if name in COMMITTED else synthesize(name, (EXAMPLES / f"{name}.yaml").read_text())
    report = Path(assembly.directory) / "validation-report.json"
    reports = json.loads(report.read_text())["pluginReports"] if report.exists() else []
    assert [each for each in reports if each["pluginName"] == "SageMakerRules"] == []


def synthesized(folder: Path, stack: dict[str, Any], **context: Any) -> None:
    """Synthesize the environment local, with a stack of somebody's own beside its stacks."""
    folder.mkdir()
    package = made_up_package(folder, "weights")
    app = EnvironmentApp({**CONTEXT, **context}, folder / "cdk.out")
    deploy(cdk.Stack(app, "Own"), **stack)
    app.synthesize(load_environment("local"), lambda endpoint, variant: package)


def test_a_broken_stack_stops_synth(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="SageMakerRules::serverless-memory"):
        synthesized(tmp_path / "broken", {"variants": [serverless(1536, 5)]})


def test_the_context_names_what_is_deployed(tmp_path: Path) -> None:
    synthesized(tmp_path / "before", {})
    after = {"variants": [SERVERLESS]}
    synthesized(tmp_path / "alone", after)
    with pytest.raises(RuntimeError, match="SageMakerRules::update-to-serverless"):
        synthesized(tmp_path / "after", after, deployed=str(tmp_path / "before" / "cdk.out"))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="-c deployed=nowhere: there is no such folder"):
        synthesized(tmp_path / "nowhere", {}, deployed="nowhere")
