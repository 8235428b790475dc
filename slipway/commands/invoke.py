"""`slipway invoke`: one request to an endpoint."""

from __future__ import annotations

import base64
import contextlib
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from slipway.console import print_json
from slipway.environments import connect, find_endpoint
from slipway.errors import CommandError
from slipway.invocation import Response, current_endpoint_name, invoke

_CONTENT_TYPES = {
    ".csv": "text/csv",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".npy": "application/x-npy",
    ".npz": "application/x-npz",
    ".png": "image/png",
}
_JSON = "application/json"


def invoke_command(
    endpoint: Annotated[str, typer.Argument(help="The endpoint's name in the environment's file.")],
    env: Annotated[str, typer.Option(help="The environment.")] = "local",
    data: Annotated[str | None, typer.Option(help="The request as JSON text.")] = None,
    file: Annotated[Path | None, typer.Option(help="The request in a file; - for standard input.")] = None,
    content_type: Annotated[
        str | None, typer.Option(help="Of the request; by default JSON, or what the file's suffix says.")
    ] = None,
    accept: Annotated[str, typer.Option(help="The content type wanted back.")] = _JSON,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Send one request to an endpoint and print its answer."""
    body, guessed = _request(data, file)
    settings, _ = find_endpoint(env, endpoint)
    clients = connect(settings)
    name = current_endpoint_name(clients, settings, endpoint)
    response = invoke(clients("sagemaker-runtime"), name, body, content_type or guessed, accept)
    if as_json:
        print_json(_described(response))
    else:
        _print_body(response)


def _request(data: str | None, file: Path | None) -> tuple[bytes, str]:
    """Return the body and the content type that it seems to have."""
    if (data is None) == (file is None):
        raise CommandError("Give the request either as --data or as --file")
    if data is not None:
        return data.encode(), _JSON
    assert file is not None  # noqa: S101 - one of the two is there
    if str(file) == "-":
        return sys.stdin.buffer.read(), _JSON
    try:
        body = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from error
    return body, _CONTENT_TYPES.get(file.suffix.lower(), "application/octet-stream")


def _text(response: Response) -> str | None:
    """Return the body as text, or None when its content type or its bytes say that it is none."""
    if not response.content_type.startswith(("text/", _JSON)):
        return None
    try:
        return response.body.decode()
    except UnicodeDecodeError:
        return None


def _described(response: Response) -> dict[str, Any]:
    """Return the answer for another program: JSON as it is, other text as a string, bytes in base64.

    What a handler answers is up to its writer: a body that is not what its content type says is shown as it is.
    """
    described: dict[str, Any] = {
        "endpoint_name": response.endpoint_name,
        "variant": response.variant,
        "content_type": response.content_type,
    }
    text = _text(response)
    if text is None:
        return {**described, "body_base64": base64.b64encode(response.body).decode()}
    if response.content_type.startswith(_JSON):
        with contextlib.suppress(ValueError):
            return {**described, "body": json.loads(text)}
    return {**described, "body": text}


def _print_body(response: Response) -> None:
    text = _text(response)
    if text is not None:
        typer.echo(text)
    elif sys.stdout.isatty():
        size = len(response.body)
        raise CommandError(f"The answer is {size} bytes of {response.content_type}: send them to a file with >")
    else:
        sys.stdout.buffer.write(response.body)
