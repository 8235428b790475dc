"""app.py as the CDK CLI runs it: what the user sees, and what it does not load."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assets.checkout import ROOT

MADE = """
account: "123456789012"
region: eu-central-1
endpoints:
  linear: {model: linear, hosting: {type: serverless}}
"""


def run_app(
    context: dict[str, str], folder: Path, *, account: str | None = None, program: str = "app.py"
) -> subprocess.CompletedProcess[str]:
    """Run app.py with the context and the account that the CDK CLI would hand over."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CDK_"))}
    environment |= {"CDK_CONTEXT_JSON": json.dumps(context), "CDK_OUTDIR": str(folder / "cdk.out")}
    if account:
        environment["CDK_DEFAULT_ACCOUNT"] = account
    command = [sys.executable, program] if program.endswith(".py") else [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def assert_refused(result: subprocess.CompletedProcess[str], *fragments: str, lines: int = 1) -> None:
    assert result.returncode != 0
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == lines
    for fragment in fragments:
        assert fragment in result.stderr


def test_credentials_of_another_account_stop_the_app(tmp_path: Path) -> None:
    result = run_app({"env": "prod"}, tmp_path, account="444455556666")
    assert_refused(result, "edit `account` in environments/prod.yaml", "333333333333", "444455556666")
    assert not list((tmp_path / "cdk.out").glob("*.template.json"))


def test_an_unknown_environment_stops_the_app(tmp_path: Path) -> None:
    assert_refused(run_app({"env": "prodd"}, tmp_path), "'prodd'", "did you mean prod?")


def test_two_mistakes_are_two_lines(tmp_path: Path) -> None:
    wrong = MADE.replace("type: serverless", "type: serverless, memory_size_in_mb: 1500").replace(
        "model:", "modell:"
    )
    (tmp_path / "made.yaml").write_text(wrong)
    result = run_app({"env": "made", "environments": str(tmp_path)}, tmp_path)
    assert_refused(
        result, "hosting.memory_size_in_mb: 1500", "linear.modell: unknown key", "model: is missing", lines=3
    )


def test_a_model_that_is_not_there_stops_the_app(tmp_path: Path) -> None:
    (tmp_path / "made.yaml").write_text(MADE.replace("model: linear", "model: linaer"))
    result = run_app({"env": "made", "environments": str(tmp_path)}, tmp_path)
    assert_refused(result, "linaer", "linear")


@pytest.mark.parametrize("account", [None, "123456789012"])
def test_synth_works_without_credentials_and_with_those_of_the_account(
    tmp_path: Path, account: str | None
) -> None:
    (tmp_path / "made.yaml").write_text(MADE)
    result = run_app({"env": "made", "environments": str(tmp_path)}, tmp_path, account=account)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "cdk.out" / "Slipway-made-linear.template.json").is_file()


def test_the_default_environment_is_local(tmp_path: Path) -> None:
    assert run_app({}, tmp_path).returncode == 0
    assert (tmp_path / "cdk.out" / "Slipway-local-linear.template.json").is_file()


def test_synth_loads_neither_torch_nor_an_aws_sdk(tmp_path: Path) -> None:
    program = """
import sys, app
app.main()
print(sorted({"torch", "sagemaker", "boto3", "botocore", "numpy"} & set(sys.modules)))
"""
    result = run_app({"env": "prod", "preflight": "false"}, tmp_path, program=program)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"
