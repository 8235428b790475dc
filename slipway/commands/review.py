"""`slipway review`: what a branch changes in AWS, without AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from assets.checkout import shown
from slipway.console import say
from slipway.errors import CommandError
from slipway.output_file import check_writable
from slipway.package_progress import package_progress
from slipway.review.gates import ALLOWED, FailOn, parse_fail_on
from slipway.review.json_report import to_json
from slipway.review.markdown import to_markdown
from slipway.review.report import Review
from slipway.review.review import make_review

_GATE_HOLDS = 3
_FAILED = 1


def review_command(
    base: Annotated[str, typer.Option(help="The branch, tag or commit to compare with.")] = "main",
    env: Annotated[list[str] | None, typer.Option(help="An environment; may be repeated (default: all).")] = None,
    output_format: Annotated[
        Literal["markdown", "json"], typer.Option("--format", help="What is written.")
    ] = "markdown",
    fail_on: Annotated[
        str, typer.Option(help=f"Exit with {_GATE_HOLDS} if one of these holds: {ALLOWED}.", show_default=False)
    ] = "",
    output: Annotated[
        Path | None, typer.Option(help="Write into this file instead of to stdout.", dir_okay=False)
    ] = None,
) -> None:
    """Say what the working tree changes in AWS against a commit: no credentials, no network."""
    gates = _gates(fail_on)
    if output:
        check_writable(output)
    with package_progress() as progress:
        review = make_review(base, env or [], gates, progress)
    _write(_text(review, output_format), output)
    for gate in review.unjudged:
        say(f"not judged: {gate.name} in {gate.environment}: {gate.reason}")
    for gate in review.gates:
        say(f"gate: {gate.name} in {gate.environment}: {gate.reason}")
    if review.has_failed:
        raise typer.Exit(_FAILED)
    if review.gates:
        raise typer.Exit(_GATE_HOLDS)


def _gates(text: str) -> FailOn:
    try:
        return parse_fail_on(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--fail-on") from error


def _text(review: Review, output_format: str) -> str:
    if output_format == "json":
        return json.dumps(to_json(review), indent=2) + "\n"
    return to_markdown(review)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"--output: {shown(output)}: {error.strerror}") from error
