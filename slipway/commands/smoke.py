"""`slipway smoke`: sends the models' samples to the deployed endpoints, and checks the answers."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from slipway.console import print_json, say
from slipway.environments import connect, find_endpoint, load
from slipway.errors import CommandError
from slipway.invocation import DeployedEndpoint
from slipway.printable import printable
from slipway.sending import ASYNC_SECONDS
from slipway.smoke.check import run_checks
from slipway.smoke.plan import planned_checks
from slipway.smoke.result import Result
from stacks.settings import EnvironmentSettings


def smoke_command(
    endpoint: Annotated[
        str | None, typer.Argument(help="The endpoint's name in the environment's file; left out: all of them.")
    ] = None,
    env: Annotated[str, typer.Option(help="The environment.")] = "local",
    timeout: Annotated[
        float, typer.Option(help="How long to wait for each answer of an asynchronous endpoint, in seconds.")
    ] = ASYNC_SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Send the samples of an endpoint's models to it, and end with an error unless it answers as they expect."""
    settings = find_endpoint(env, endpoint)[0] if endpoint else load(env)
    if not settings.endpoints:
        _say_that_there_are_none(env, as_json=as_json)
        return
    results = []
    for result in _results(settings, [endpoint] if endpoint else list(settings.endpoints), timeout):
        results.append(result)
        (say if as_json else typer.echo)(_line(result))
    are_good = _are_good(results)
    if as_json:
        print_json({"environment": env, "ok": are_good, "checks": [asdict(result) for result in results]})
    _summarize(results, env)
    if not are_good:
        raise typer.Exit(1)


def _say_that_there_are_none(env: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"environment": env, "ok": True, "checks": []})
    (say if as_json else typer.echo)(f"Environment {env} has no endpoints")


def _results(settings: EnvironmentSettings, endpoints: list[str], timeout: float) -> Iterator[Result]:
    # Every mistake in a sample is said before the first request is sent.
    planned = {endpoint: list(planned_checks(endpoint, settings.endpoints[endpoint])) for endpoint in endpoints}
    clients = functools.cache(connect(settings))
    clients("sagemaker-runtime")  # made before the first request is timed
    for endpoint, checks in planned.items():
        deployed = DeployedEndpoint(clients, settings, endpoint)
        yield from run_checks(checks, deployed, timeout)


def _are_good(results: list[Result]) -> bool:
    """Whether something was checked, and nothing was found amiss."""
    is_one_sent = any(result.verdict != "skipped" for result in results)
    return is_one_sent and not any(result.is_bad for result in results)


def _line(result: Result) -> str:
    took = "" if result.milliseconds is None else f"{result.milliseconds:.1f} ms"
    what = "/".join(filter(None, (result.endpoint, result.variant, result.sample)))
    return printable(f"{result.verdict:<8} {what}: {', '.join(filter(None, (took, result.reason)))}")


def _summarize(results: list[Result], env: str) -> None:
    if all(result.verdict == "skipped" for result in results):
        raise CommandError(
            f"Nothing was sent: no endpoint that was asked for in {env} has a sample that it can get"
        )
    counted = Counter(result.verdict for result in results)
    say(f"{len(results)} checks: {', '.join(f'{number} {verdict}' for verdict, number in counted.items())}")
