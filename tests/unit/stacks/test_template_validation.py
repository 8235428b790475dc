"""CDK's rules are loaded beside what needs no CDK."""

import subprocess
import sys

import pytest

from assets.checkout import ROOT


@pytest.mark.parametrize("module", ["assets.checked_package", "stacks.settings", "stacks.targets"])
def test_what_happens_meanwhile_does_not_talk_to_the_node_process(module: str) -> None:
    """Two threads that do wait for ever."""
    program = f"import sys, {module}; print('jsii' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=100
    )
    assert done.stdout.strip() == "False"
