"""`slipway invoke --file requests.jsonl`: each line is a request, and has a line of the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from slipway.errors import CommandError, PredictionError
from slipway.invocation import Request, Response

LINES = "application/jsonlines"
"""What SageMaker calls JSON Lines (Amazon SageMaker AI Developer Guide, "Batch transform")."""

_JSON = "application/json"


def read_lines(file: str, request: Request) -> list[tuple[int, Request]]:
    r"""Return a request for each line of JSON Lines, with its number; empty lines are none.

    Parameters
    ----------
    file
        Where they are from, for messages.
    request
        With all lines as its body; its other headers hold for every line.

    Raises
    ------
    CommandError
        When lines are no JSON, which says which ones, before anything is sent; or when there is no line.
    """
    lines = [(number, line) for number, line in enumerate(request.body.split(b"\n"), 1) if line.strip()]
    broken = [f"line {number}: {problem}" for number, line in lines if (problem := _problem(line))]
    if broken:
        raise CommandError(f"{file} holds lines that are no JSON, and nothing was sent: {'; '.join(broken)}")
    if not lines:
        raise CommandError(f"{file} has no line with a request")
    return [(number, replace(request, body=line.strip(), content_type=_JSON)) for number, line in lines]


def send_lines(
    file: str, requests: list[tuple[int, Request]], send: Callable[[Request], Response]
) -> Iterator[Response]:
    """Send requests one after the other, and yield each answer as it comes.

    Parameters
    ----------
    file
        Where they are from, for messages.
    requests
        With the numbers of their lines.
    send
        Sends one.

    Raises
    ------
    CommandError
        When a request is refused, with its line; those after it are not sent.
    """
    for number, request in requests:
        try:
            yield send(request)
        except PredictionError as error:
            raise CommandError(f"{file}, line {number}: {error}") from error


def one_line(text: str | None) -> str:
    """Return an answer's text without line breaks: JSON on one line, other text in quotes where it has any.

    Parameters
    ----------
    text
        The answer; None where it is no text.

    Raises
    ------
    CommandError
        When the answer is no text.
    """
    if text is None:
        raise CommandError(
            "An answer is no text, and cannot be a line: take --json, or send one request at a time"
        )
    line = text.rstrip("\r\n")
    if "\n" not in line and "\r" not in line:
        return line
    try:
        content = json.loads(line)
    except ValueError:
        content = line
    return json.dumps(content, ensure_ascii=False)


def _problem(line: bytes) -> str | None:
    try:
        json.loads(line)
    except (ValueError, RecursionError) as error:
        return str(error)
    return None
