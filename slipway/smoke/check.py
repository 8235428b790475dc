"""Sends samples to a deployed endpoint, and compares what it answers with what they expect."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from assets.preflight.answers import difference
from assets.samples import Sample
from slipway.errors import CommandError, PredictionError
from slipway.invocation import DeployedEndpoint, Request, Response
from slipway.sending import send
from slipway.smoke.plan import Planned
from slipway.smoke.result import Result, Verdict

_REASON_SHOWN = 1000
"""Characters; a container may answer an error with a page."""


def run_checks(planned: Iterable[Planned], deployed: DeployedEndpoint, timeout: float) -> Iterator[Result]:
    """Send the samples of one endpoint, one after the other, and yield what came of each.

    Where AWS does not let the endpoint be asked, the checks after that are skipped.

    Parameters
    ----------
    planned
        The checks.
    deployed
        The endpoint.
    timeout
        How long to wait for each answer of an asynchronous endpoint, in seconds.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (it takes a while)

    obstacle = None
    for check in planned:
        if check.obstacle or obstacle or check.sample is None:
            yield _result(check, "skipped", check.obstacle or obstacle)
            continue
        try:
            name = deployed.name
        except CommandError as error:
            obstacle = "the endpoint is not deployed"
            yield _result(check, "failed", str(error))
            continue
        started = time.perf_counter()
        try:
            response = send(deployed, _request(check, check.sample), timeout=timeout)
        except (BotoCoreError, ClientError) as error:
            obstacle = "AWS did not let the endpoint be asked, see above"
            yield _result(check, "failed", str(error), name=name)
        except CommandError as error:
            yield _result(check, "failed", _told(error), name=name, seconds=time.perf_counter() - started)
        else:
            yield _compared(check, check.sample, response, time.perf_counter() - started)


def _request(check: Planned, sample: Sample) -> Request:
    target = check.variant if check.is_targeted else None
    return Request(sample.body, sample.content_type, sample.accept, target)


def _compared(check: Planned, sample: Sample, response: Response, seconds: float) -> Result:
    verdict: Verdict = "answered"
    reason = None
    if sample.expected is not None:
        content_type = response.content_type.partition(";")[0].strip().lower()
        found = difference(sample.expected, response.body, content_type, sample.tolerance)
        verdict = "differs" if found else "ok"
        reason = f"{found} (tolerance {sample.tolerance:g})" if found else None
    return _result(check, verdict, reason, name=response.endpoint_name, seconds=seconds)


def _told(error: CommandError) -> str:
    """Return the reason in one line, since a container may have answered several."""
    text = f"answered {error.status}: {error.reason}" if isinstance(error, PredictionError) else str(error)
    return " ".join(text.split())[:_REASON_SHOWN]


def _result(
    check: Planned,
    verdict: Verdict,
    reason: str | None,
    *,
    name: str | None = None,
    seconds: float | None = None,
) -> Result:
    return Result(
        endpoint=check.endpoint,
        endpoint_name=name,
        variant=check.variant,
        sample=check.sample.name if check.sample else None,
        verdict=verdict,
        reason=reason,
        milliseconds=None if seconds is None else round(1000 * seconds, 1),
    )
