"""A process that held the model ended by itself, in the middle of its work."""

from __future__ import annotations

import signal

from slipway.explain.causes.request_records import failed_requests, numbered
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding, Quote

_KILLED = -int(signal.SIGKILL)
_UNAVAILABLE = 503
_ENDED = "ended during this request"


def worker_crashed(evidence: Evidence) -> Finding | None:
    """Find processes that ended otherwise than by being killed, which memory explains."""
    ended = [line for line in evidence.written.ended_workers if (line.record or {}).get("status") != _KILLED]
    if not ended:
        return None
    record = ended[-1].record or {}
    status = int(record.get("status", 0))
    how = f"by signal {-status} ({_name(-status)})" if status < 0 else f"with exit status {status}"
    lost = [one for one in failed_requests(evidence) if one.status == _UNAVAILABLE and _ENDED in one.reason]
    return Finding(
        "worker-crashed",
        f"A process that held the model ended {how}, {numbered(len(ended), 'time', 'times')}; "
        f"{numbered(len(lost), 'request', 'requests')} failed by it",
        (Quote(ended[-1].stream, ended[-1].text),),
        "Look at the lines before it in the log: native code of a library, or a handler that ends the process",
    )


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
