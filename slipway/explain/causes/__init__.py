"""What an endpoint's evidence means: each cause is a function of its own, which finds itself or not.

To add one, write a function that takes the evidence and returns a `Finding` or None, and name it in its list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from slipway.explain.causes.access import access_denied, handler_denied
from slipway.explain.causes.alarm import in_alarm
from slipway.explain.causes.at_capacity import at_capacity
from slipway.explain.causes.capacity import no_capacity
from slipway.explain.causes.crash import worker_crashed
from slipway.explain.causes.handler_error import handler_raised
from slipway.explain.causes.image import image_missing, image_unfit
from slipway.explain.causes.memory import out_of_memory, out_of_memory_at_start
from slipway.explain.causes.model_data import (
    model_archive_broken,
    model_data_missing,
    model_data_not_downloaded,
    model_data_not_readable,
)
from slipway.explain.causes.name_taken import name_taken
from slipway.explain.causes.not_deployed import deleted_by_other_means, never_deployed
from slipway.explain.causes.payload import answer_too_large, request_too_large
from slipway.explain.causes.ping import never_pinged
from slipway.explain.causes.quota import quota_exceeded
from slipway.explain.causes.refused_requests import requests_refused
from slipway.explain.causes.requirements import requirements_not_installed
from slipway.explain.causes.rolled_back import rolled_back_by_alarm
from slipway.explain.causes.server_errors import unexplained_errors
from slipway.explain.causes.start import handler_not_imported, model_fn_raised, server_ended
from slipway.explain.causes.time_out import timed_out
from slipway.explain.causes.unexplained import not_known, quoted, still_changing
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding

Cause = Callable[[Evidence], Finding | None]

OF_DEPLOYMENT: tuple[Cause, ...] = (
    not_known,
    never_deployed,
    deleted_by_other_means,
    quota_exceeded,
    no_capacity,
    image_missing,
    image_unfit,
    model_data_missing,
    model_data_not_readable,
    model_archive_broken,
    name_taken,
    access_denied,
    model_data_not_downloaded,
    rolled_back_by_alarm,
    requirements_not_installed,
    out_of_memory_at_start,
    model_fn_raised,
    handler_not_imported,
    server_ended,
    never_pinged,
    still_changing,
    quoted,
)
"""Why it is not in service with what was deployed: the first that finds itself, the most exact ones first."""

OF_REQUESTS: tuple[Cause, ...] = (
    out_of_memory,
    worker_crashed,
    handler_denied,
    handler_raised,
    timed_out,
    at_capacity,
    answer_too_large,
    unexplained_errors,
    in_alarm,
    request_too_large,
    requests_refused,
)
"""Why requests fail: all that find themselves, the gravest ones first."""


def findings(evidence: Evidence) -> Iterator[Finding]:
    """Yield what is wrong, the deployment before the requests."""
    if evidence.state != "in service" or evidence.said:
        yield next(found for cause in OF_DEPLOYMENT if (found := cause(evidence)))
    yield from (found for cause in OF_REQUESTS if (found := cause(evidence)))
