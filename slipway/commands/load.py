"""`slipway load`: how fast an endpoint answers several clients at once."""

from __future__ import annotations

import functools
import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from slipway.console import print_json, say
from slipway.environments import LOCAL_ENVIRONMENT, connect, find_endpoint
from slipway.errors import CommandError
from slipway.finite_option import finite
from slipway.invocation import DeployedEndpoint, invoke
from slipway.load.client import runtime_client
from slipway.load.display import load_display
from slipway.load.measurement import Measurement, Plan
from slipway.load.report import LoadResult
from slipway.load.request import LoadRequest, request_of_file, request_of_sample
from slipway.output_file import check_writable
from stacks.settings import EndpointSettings, EnvironmentSettings

_MOST_CLIENTS = 1000
_INTERRUPTED = 130


def load_command(
    endpoint: Annotated[str, typer.Argument(help="The endpoint's name in the environment's file.")],
    env: Annotated[str, typer.Option(help="The environment.")] = "local",
    concurrency: Annotated[str, typer.Option(help="The numbers of clients, one after another.")] = "1,8,32",
    seconds: Annotated[
        float, typer.Option(help="How long each number of clients is measured.", min=0.1, callback=finite)
    ] = 20,
    warm_up: Annotated[
        float,
        typer.Option(
            help="Seconds before that, in which requests are sent and not counted.", min=0, callback=finite
        ),
    ] = 1,
    sample: Annotated[
        str | None, typer.Option(help="The sample of the endpoint's model to send; left out: the first one.")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="A file to send in the place of a sample.")] = None,
    content_type: Annotated[str | None, typer.Option(help="Of the file; left out: what its suffix says.")] = None,
    output: Annotated[Path | None, typer.Option(help="A file for the result as JSON.")] = None,
    plot: Annotated[Path | None, typer.Option(help="A PNG file for a plot of latency against throughput.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Send an endpoint requests from more and more clients, and print answers a second, latency and errors.

    Each client sends its next request when it has the answer to the last one: a closed loop.
    """
    plan = Plan(_numbers(concurrency), seconds, warm_up)
    settings, endpoint_settings = find_endpoint(env, endpoint)
    request = _request(endpoint, endpoint_settings, sample, file, content_type)
    for path in filter(None, (output, plot)):
        check_writable(path)
    result = _measure(settings, endpoint, request, plan)
    _print(result, as_json=as_json)
    if output:
        _write(output, json.dumps(result.to_json(), indent=2) + "\n")
    if plot and result.has_answers:
        from slipway.load.plot import plot as draw  # noqa: PLC0415 (matplotlib takes a while)

        draw(result, plot)
    if result.is_interrupted:
        raise typer.Exit(_INTERRUPTED)
    if not result.has_answers:
        raise CommandError("No request was answered, see above")


def _numbers(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    numbers = tuple(int(part) for part in parts if part.isascii() and part.isdigit())
    if len(numbers) < len(parts) or not all(1 <= number <= _MOST_CLIENTS for number in numbers):
        raise CommandError(f"--concurrency {text!r} is no list of numbers from 1 to {_MOST_CLIENTS}, as in 1,8,32")
    return numbers


def _request(
    endpoint: str, settings: EndpointSettings, sample: str | None, file: Path | None, content_type: str | None
) -> LoadRequest:
    if settings.hosting.type == "async":
        raise CommandError(
            f"Endpoint {endpoint} is asynchronous: its requests wait in a queue, and there is no answer to time"
        )
    if file and sample:
        raise CommandError("Give the request as one of --sample and --file")
    if content_type and not file:
        raise CommandError("--content-type is that of a --file; a sample says its own")
    return request_of_file(file, content_type) if file else request_of_sample(endpoint, settings, sample)


def _measure(settings: EnvironmentSettings, endpoint: str, request: LoadRequest, plan: Plan) -> LoadResult:
    clients = functools.cache(connect(settings))  # before the next line, which asks where that is
    if settings.name != LOCAL_ENVIRONMENT and "AWS_ENDPOINT_URL" not in os.environ:
        say(
            f"Environment {settings.name} is on AWS, which bills what these requests use and may scale the "
            f"endpoint; they end after {plan.total_seconds:g} s"
        )
    deployed = DeployedEndpoint(clients, settings, endpoint)
    runtime = runtime_client(clients, max(plan.concurrency))
    name = deployed.name

    def send() -> None:
        deployed.call(lambda current: invoke(runtime, current, request.request))

    started = datetime.now(UTC)
    say(f"{name}: the first request, {request.source}")
    first = _milliseconds(send)
    with load_display(plan) as display:
        measurement = Measurement(plan, send, display)
        stages = tuple(measurement.stages())
    return LoadResult(
        environment=settings.name,
        endpoint=endpoint,
        endpoint_name=name,
        started=started.isoformat(timespec="seconds"),
        request=request,
        first_request_ms=first,
        seconds=plan.seconds,
        warm_up_seconds=plan.warm_up,
        is_interrupted=measurement.is_interrupted,
        stages=stages,
    )


def _milliseconds(send: Callable[[], Any]) -> float:
    started = time.perf_counter()
    send()
    return round(1000 * (time.perf_counter() - started), 3)


def _print(result: LoadResult, *, as_json: bool) -> None:
    if as_json:
        print_json(result.to_json())
    else:
        typer.echo(f"the first request took {result.first_request_ms:.1f} ms")
        Console().print(result.table())
    for note in result.notes():
        (say if as_json else typer.echo)(note)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error
