"""Where the commands write: results to stdout, so that they can be piped; progress to stderr."""

from __future__ import annotations

import json
from typing import Any

import typer


def say(message: str) -> None:
    """Show progress."""
    typer.echo(message, err=True)


def print_json(value: Any) -> None:
    """Print a result for another program."""
    typer.echo(json.dumps(value, indent=2, default=str))
