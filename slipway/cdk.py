"""`cdk`: the checkout's CDK CLI, with the credentials of `.env`.

The CLI itself reads no such file, and takes its credentials before it starts the app.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from assets import checkout
from slipway.env_file import env_file_variables
from slipway.errors import CommandError


def main() -> None:
    """Become the CDK CLI, which gets this command's arguments."""
    node = Path(sys.executable).with_name("node")
    cli = checkout.ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
    for needed in (node, cli):
        if not needed.is_file():
            sys.exit(f"error: {needed} is not there. Set the checkout up with: make setup")
    try:
        environment = {**os.environ, **env_file_variables(os.environ)}
    except CommandError as error:
        sys.exit(f"error: {error}")
    os.execve(node, [str(node), str(cli), *sys.argv[1:]], environment)  # noqa: S606 - no shell in between
