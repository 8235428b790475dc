"""What a recipe of the Makefile finds on its PATH."""

from __future__ import annotations

import subprocess
from pathlib import Path

from assets.checkout import ROOT

RECIPE = """include Makefile
show-tools:
\t@for tool in node cdk slipway python; do command -v $$tool; done
"""


def test_the_checkouts_tools_come_first_and_node_is_the_program_itself() -> None:
    ran = subprocess.run(
        ["make", "-s", "-f", "-", "show-tools"], cwd=ROOT, input=RECIPE, capture_output=True, text=True, check=True
    )
    node, *others = map(Path, ran.stdout.split())

    assert others == [ROOT / ".venv/bin/cdk", ROOT / ".venv/bin/slipway", ROOT / ".venv/bin/python"]
    assert node.is_relative_to(ROOT / ".venv")
    with node.open("rb") as program:
        assert program.read(2) != b"#!"
