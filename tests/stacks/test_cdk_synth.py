"""The real CDK CLI and cfn-lint over the committed environments."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assets.checkout import ROOT

TOOLS = [str(Path(sys.executable).parent)]


@pytest.mark.parametrize("environment", ["local", "dev", "staging", "prod"])
def test_every_environment_synthesizes_and_is_clean(environment: str, tmp_path: Path) -> None:
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CDK_"))}
    variables |= {
        "PATH": os.pathsep.join([*TOOLS, variables["PATH"]]),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }
    command = ["cdk", "synth", "--quiet", "-c", f"env={environment}", "--output", str(tmp_path)]
    synth = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert synth.returncode == 0, synth.stderr
    warnings = [line for line in synth.stderr.splitlines() if "WARNING" in line]
    assert warnings == [], synth.stderr

    templates = sorted(str(path) for path in tmp_path.glob("*.template.json"))
    assert len(templates) == 2
    lint = subprocess.run(["cfn-lint", *templates], env=variables, capture_output=True, text=True, check=False)
    assert lint.returncode == 0, lint.stdout
