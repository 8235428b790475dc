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


def test_what_defines_the_stacks_asks_nothing_of_the_node_process_when_it_is_imported() -> None:
    """It is imported meanwhile."""
    program = """
import aws_cdk
from jsii._runtime import kernel

def refuse(*_arguments, **_options):
    raise AssertionError("asked")

for request in ("create", "invoke", "sinvoke", "get", "sget", "set", "sset"):
    assert hasattr(kernel.provider, request), request
    setattr(kernel.provider, request, refuse)
try:
    aws_cdk.Duration.days(1)
except AssertionError:
    from stacks.environment_app import import_stacks
    from stacks.hosting import hosting_ways
    import_stacks()
    for way in hosting_ways().values():
        way.in_stack()
    print("asked nothing")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.stdout.strip() == "asked nothing", done.stderr
