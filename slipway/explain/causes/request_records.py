"""The records that Slipway's servers write of requests that failed, and of processes that ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile

from slipway.explain.evidence import Evidence
from slipway.explain.finding import Quote
from slipway.explain.sources.logs import LogLine

TIMED_OUT = 504
_KILLED = -9
_TOGETHER = 2000  # milliseconds between a time-out and the end of the process that it is the cause of
_SHOWN = 8  # of a traceback's lines, the last ones
_MOST_REASONS = 3


@dataclass(frozen=True)
class RequestFailure:
    """A request that was not answered 2xx.

    Parameters
    ----------
    status, reason
        Of the answer.
    traceback
        Of the handler's exception; empty where there was none.
    request_id
        That the answer bears, too.
    line
        Of the log.
    """

    status: int
    reason: str
    traceback: str
    request_id: str
    line: LogLine


def failed_requests(evidence: Evidence) -> list[RequestFailure]:
    """Return what the records say, the oldest first."""
    return [_failure(line) for line in evidence.written.failed_requests]


def killed_workers(evidence: Evidence) -> list[LogLine]:
    """Return the ends of processes that somebody else than the server killed.

    The server itself kills a process whose prediction takes too long, after it has answered 504.
    """
    times_up = _apart([one.line.timestamp for one in failed_requests(evidence) if one.status == TIMED_OUT])
    killed = []
    for line in evidence.written.ended_workers:
        if (line.record or {}).get("status") != _KILLED:
            continue
        its_time = next((when for when in times_up if abs(line.timestamp - when) < _TOGETHER), None)
        if its_time is None:
            killed.append(line)
        else:
            times_up.remove(its_time)  # one process for each
    return killed


def _apart(timestamps: Sequence[int]) -> list[int]:
    """Return one of the times that are close together: the requests of one process end together."""
    kept: list[int] = []
    for when in sorted(timestamps):
        if not kept or when - kept[-1] >= _TOGETHER:
            kept.append(when)
    return kept


def shown(failure: RequestFailure) -> Quote:
    """Quote a failure: status, reason and request id, after the end of the traceback."""
    traceback = dropwhile(_is_underline, failure.traceback.splitlines()[-_SHOWN:])
    told = f"{failure.status}: {failure.reason} (request_id {failure.request_id})"
    return Quote(failure.line.stream, "\n".join([*traceback, told]))


def by_reason(failures: Sequence[RequestFailure]) -> list[RequestFailure]:
    """Return the newest failure of each of the commonest reasons."""
    newest = {(one.status, one.reason): one for one in failures}
    counts = Counter((one.status, one.reason) for one in failures)
    return [newest[key] for key, _ in counts.most_common(_MOST_REASONS)]


def counted(number: int, evidence: Evidence) -> str:
    """Say how many requests, of how many where CloudWatch counted them."""
    all_of_them = evidence.metrics.requests
    of_all = f" of {all_of_them}" if all_of_them >= number else ""
    return f"{number}{of_all} request{'' if number == 1 and not of_all else 's'}"


def _is_underline(line: str) -> bool:
    """Whether a line of a traceback only points to something in the one before."""
    return not line.strip(" ~^")


def numbered(number: int, one: str, many: str) -> str:
    """Say how many there are of something."""
    return f"{number} {one if number == 1 else many}"


def _failure(line: LogLine) -> RequestFailure:
    record = line.record or {}
    return RequestFailure(
        status=int(record.get("status", 0)),
        reason=str(record.get("reason", "")),
        traceback=str(record.get("traceback", "")),
        request_id=str(record.get("request_id", "")),
        line=line,
    )
