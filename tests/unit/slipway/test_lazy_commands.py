"""A command imports what it needs, and nothing of the others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

from assets.checkout import ROOT

PROGRAM = """
import sys
from slipway import cli

try:
    cli.main()
except SystemExit as end:
    heavy = {"aws_cdk", "boto3", "botocore", "local_aws.control", "numpy", "rich", "stacks", "torch", "urllib3"}
    print(end.code, sorted(heavy & set(sys.modules)))
"""


def test_packing_a_model_imports_no_aws_and_no_environment() -> None:
    command = [sys.executable, "-c", PROGRAM, "package", "no/such/model"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.startswith("error: ")
    assert done.stdout == "1 []\n"


def test_a_misspelt_command_is_answered_with_the_nearest(slipway: Callable[..., Any]) -> None:
    wrong = slipway("packge")
    assert wrong.status == 2
    assert "Did you mean 'package'?" in wrong.errors


def test_a_group_has_its_own_commands_and_no_others(slipway: Callable[..., Any]) -> None:
    shown = slipway("local", "--help").text
    assert "slipway local [OPTIONS] COMMAND" in shown
    assert "completion" not in shown
