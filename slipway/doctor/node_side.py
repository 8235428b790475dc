"""The checkout's Node and CDK CLI, and whether the shell finds these."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from assets import checkout
from slipway.doctor.finding import Finding

_SET_UP = "Set the checkout up: make setup"
_PATIENCE = 10.0
"""Seconds."""

_OLDEST_NODE = 22
"""Of the CDK CLI (its package.json, `engines`, and AWS's CDK Developer Guide, "Node.js versions")."""


def node_finding() -> Finding:
    """Check the Node beside the checkout's Python."""
    node = Path(sys.executable).with_name("node")
    if not node.exists():
        return Finding("Node", "wrong", f"there is no {checkout.shown(node)}", _SET_UP)
    try:
        done = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=_PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return Finding("Node", "wrong", f"{checkout.shown(node)} does not run: {error}", _SET_UP)
    version = done.stdout.strip()
    major = re.match(r"v([0-9]+)\.", version)
    if not major or int(major[1]) < _OLDEST_NODE:
        return Finding("Node", "wrong", f"{version}, and the CDK CLI needs {_OLDEST_NODE} or newer", _SET_UP)
    return Finding("Node", "ok", f"{version} in {checkout.shown(node.parent)}")


def cdk_finding() -> Finding:
    """Check that node_modules has the CDK CLI that package.json pins, and that `cdk` in a shell is it."""
    pinned = _json(checkout.ROOT / "package.json").get("dependencies", {}).get("aws-cdk")
    installed = _json(checkout.ROOT / "node_modules" / "aws-cdk" / "package.json").get("version")
    if installed is None:
        return Finding("CDK CLI", "wrong", "node_modules has no aws-cdk", _SET_UP)
    if installed != pinned:
        return Finding("CDK CLI", "wrong", f"{installed}, and package.json pins {pinned}", _SET_UP)
    own, found = Path(sys.executable).with_name("cdk"), shutil.which("cdk")
    if found is None:
        mend = "source .venv/bin/activate"
        return Finding("CDK CLI", "warning", f"{installed}, and there is no `cdk` on the PATH", mend)
    if Path(found).resolve() != own.resolve():
        mend = "Put the checkout's own first: source .venv/bin/activate"
        return Finding("CDK CLI", "warning", f"{installed}, but `cdk` on the PATH is {found}", mend)
    return Finding("CDK CLI", "ok", f"{installed}, as package.json pins it")


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
