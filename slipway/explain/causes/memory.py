"""The model needs more memory than its host has, at the start or for a request."""

from __future__ import annotations

import re

from slipway.explain.causes.request_records import RequestFailure, failed_requests, killed_workers, numbered, shown
from slipway.explain.causes.start_failure import start_failure
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding, Quote
from stacks.settings import ServerlessHosting

NO_MEMORY = re.compile(
    r"can't allocate memory|Cannot allocate memory|Unable to allocate|\bMemoryError\b|OutOfMemoryError"
    r"|out of memory|java\.lang\.OutOfMemoryError",
    re.IGNORECASE,
)
_KILLED_AT_START = re.compile(r"was ended by signal 9\b|exit(?:ed with)? code 137|SIGKILL")
_GPU = re.compile(r"CUDA|HIP out of memory")
_FULL = 95.0  # percent


def out_of_memory_at_start(evidence: Evidence) -> Finding | None:
    """Find a start that ran out of memory."""
    failure = start_failure(evidence)
    if failure is None or not (NO_MEMORY.search(failure.quote.text) or _KILLED_AT_START.search(failure.reason)):
        return None
    return Finding(
        "out-of-memory",
        "The container ran out of memory while it loaded the model",
        (failure.quote,),
        mend(evidence, failure.quote.text),
    )


def out_of_memory(evidence: Evidence) -> Finding | None:
    """Find requests that ran out of memory, or whose worker the kernel killed for it."""
    failures, killed = failed_for_memory(evidence), killed_workers(evidence)
    if not failures and not killed:
        return None
    quotes = [shown(failures[-1])] if failures else []
    quotes += [Quote(line.stream, line.text) for line in killed[-1:]]
    if (used := evidence.metrics.memory) and used >= _FULL:
        quotes.append(Quote("CloudWatch, MemoryUtilization", f"at most {used:.0f} % of the memory was in use"))
    counts = [
        f"{numbered(len(failures), 'request', 'requests')} found no memory" if failures else "",
        f"{numbered(len(killed), 'worker process', 'worker processes')} killed by signal 9, as the kernel does "
        "for want of memory"
        if killed
        else "",
    ]
    return Finding(
        "out-of-memory",
        f"The container runs out of memory: {'; '.join(one for one in counts if one)}",
        tuple(quotes),
        mend(evidence, "\n".join(quote.text for quote in quotes)),
    )


def failed_for_memory(evidence: Evidence) -> list[RequestFailure]:
    """Return the requests whose prediction found no memory."""
    return [one for one in failed_requests(evidence) if NO_MEMORY.search(f"{one.reason}\n{one.traceback}")]


def mend(evidence: Evidence, said: str) -> str:
    """Say how the endpoint gets more memory, or needs less."""
    hosting = evidence.subject.settings.hosting
    less = "or take less in the handler: smaller batches, no copies of the model"
    if _GPU.search(said):
        return f"Choose an instance_type whose GPU has more memory, {less}"
    if isinstance(hosting, ServerlessHosting):
        known = f"it is {hosting.memory_size_in_mb}, 6144 is the most"
        return f"Raise memory_size_in_mb ({known}), host on instances, {less}"
    return f"Choose an instance_type with more memory, lower serving.workers in model.yaml, {less}"
