"""`slipway invoke`: one request to an endpoint, or one for each line of a file."""

from __future__ import annotations

import base64
import contextlib
import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from assets.model_folder import find_model
from assets.nearest import did_you_mean
from assets.samples import load_samples
from slipway.commands.invoke_lines import LINES, one_line, read_lines, send_lines
from slipway.console import print_json
from slipway.content_types import content_type_of
from slipway.environments import connect, find_endpoint
from slipway.errors import CommandError
from slipway.invocation import DeployedEndpoint, Request, Response
from slipway.sending import ASYNC_SECONDS, send

_JSON = "application/json"


def invoke_command(
    endpoint: Annotated[str, typer.Argument(help="The endpoint's name in the environment's file.")],
    env: Annotated[str, typer.Option(help="The environment.")] = "local",
    data: Annotated[str | None, typer.Option(help="The request as JSON text.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="The request in a file; - for standard input. In a .jsonl file each line is a request."),
    ] = None,
    image: Annotated[
        list[Path] | None,
        typer.Option(
            help="An image file, in the form in which the model's samples show images; several are a batch."
        ),
    ] = None,
    content_type: Annotated[
        str | None, typer.Option(help="Of the request; by default JSON, or what the file's suffix says.")
    ] = None,
    accept: Annotated[str, typer.Option(help="The content type wanted back.")] = _JSON,
    variant: Annotated[
        str | None, typer.Option(help="The production variant that is to answer; by default their weights decide.")
    ] = None,
    timeout: Annotated[
        float, typer.Option(help="How long to wait for the answer of an asynchronous endpoint, in seconds.")
    ] = ASYNC_SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Send a request to an endpoint and print its answer; for the lines of a .jsonl file, one line each."""
    if sum((data is not None, file is not None, bool(image))) != 1:
        raise CommandError("Give the request as one of --data, --file and --image")
    settings, endpoint_settings = find_endpoint(env, endpoint)
    body, guessed = _images(image, endpoint, endpoint_settings.model) if image else _request(data, file)
    if variant is not None:
        _check_variant(endpoint, variant, [one.name for one in endpoint_settings.production_variants])
    request = Request(body, content_type or guessed, accept, variant)
    requests = read_lines(str(file), request) if request.content_type == LINES and content_type is None else []
    deployed = DeployedEndpoint(connect(settings), settings, endpoint)
    if requests:
        for answer in send_lines(str(file), requests, partial(send, deployed, timeout=timeout)):
            typer.echo(json.dumps(_described(answer)) if as_json else one_line(_text(answer)))
        return
    response = send(deployed, request, timeout=timeout)
    if as_json:
        print_json(_described(response))
    else:
        _print_body(response)


def _check_variant(endpoint: str, variant: str, names: list[str]) -> None:
    if variant not in names:
        raise CommandError(
            f"Endpoint {endpoint} has no production variant {variant!r}; it has: {', '.join(names)}"
            f"{did_you_mean(variant, names)}"
        )


def _images(paths: list[Path], endpoint: str, model: str) -> tuple[bytes, str]:
    """Return image files as the body that the model's samples show, and its content type."""
    from slipway.image_request import image_request  # noqa: PLC0415 (NumPy takes a while)

    if not model:
        raise CommandError(
            f"--image: endpoint {endpoint} has no model folder whose samples show images; use --file"
        )
    return image_request(paths, load_samples(find_model(model)), model)


def _request(data: str | None, file: Path | None) -> tuple[bytes, str]:
    """Return the body and the content type that it seems to have."""
    if data is not None:
        return data.encode(), _JSON
    assert file is not None  # noqa: S101 - one of the two is there
    if str(file) == "-":
        return sys.stdin.buffer.read(), _JSON
    try:
        body = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from error
    return body, content_type_of(file)


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
