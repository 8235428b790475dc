"""The server of a container ended at its start: model_fn raised, the handler cannot be imported, or the like."""

from __future__ import annotations

import re

from slipway.explain.causes.start_failure import start_failure
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding

_BY_MODEL_FN = re.compile(
    r"^model_fn of (?P<file>\S+) raised (?P<error>.*?)(?:; the model is not loaded)?$", re.DOTALL
)
_IN_MODEL_FN = re.compile(r"\bin model_fn\b")
_NOT_IMPORTED = re.compile(r"^the handler (?P<file>\S+) cannot be imported: (?P<error>.*)$", re.DOTALL)
_IMPORT_ERROR = re.compile(r"^(?:ModuleNotFoundError|ImportError)\b")
_TRY = "slipway package {model} tries it here before anything is uploaded"


def model_fn_raised(evidence: Evidence) -> Finding | None:
    """Find an exception of `model_fn`."""
    failure = start_failure(evidence)
    if failure is None:
        return None
    match = _BY_MODEL_FN.match(failure.reason)
    if match is None and not _IN_MODEL_FN.search(failure.quote.text):
        return None
    error = match["error"] if match else failure.reason
    return Finding(
        "model-fn-raised",
        f"model_fn raised {error}",
        (failure.quote,),
        f"Mend model_fn in the handler; {_try(evidence)}",
    )


def handler_not_imported(evidence: Evidence) -> Finding | None:
    """Find a handler that cannot be imported."""
    failure = start_failure(evidence)
    if failure is None:
        return None
    match = _NOT_IMPORTED.match(failure.reason)
    if match is None and not _IMPORT_ERROR.match(failure.reason):
        return None
    error = match["error"] if match else failure.reason
    return Finding(
        "handler-not-imported",
        f"The handler cannot be imported: {error}",
        (failure.quote,),
        f"Add what is missing to requirements.txt or to the model's folder, or mend the handler; {_try(evidence)}",
    )


def server_ended(evidence: Evidence) -> Finding | None:
    """Find any other reason that a server gives for its end."""
    failure = start_failure(evidence)
    if failure is None:
        return None
    return Finding(
        "server-ended-at-start",
        f"The server ended at its start: {failure.reason}",
        (failure.quote,),
        f"Mend what it names; {_try(evidence)}",
    )


def _try(evidence: Evidence) -> str:
    models = [one.model for one in evidence.subject.settings.all_variants if one.model]
    return _TRY.format(model=models[0]) if models else "slipway inspect shows beforehand what would fail"
