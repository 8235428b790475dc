"""What a server makes of one sample."""

import time
from concurrent.futures import ThreadPoolExecutor, wait

from assets.preflight.answers import difference
from assets.preflight.exchange import Answer, NoAnswerError, send
from assets.preflight.limits import Limits
from assets.preflight.report import SampleReport
from assets.preflight.server import RunningServer
from assets.progress import Progress
from assets.samples import Sample

OK = 200
_BODY_SHOWN = 1000
_CHECK_INTERVAL = 0.1
_SECONDS_TO_END = 1.0
"""What a server that closes a connection gets to end: then that is what there is to say."""


def try_sample(
    sample: Sample, process: RunningServer, limits: Limits, deadline: float, progress: Progress
) -> tuple[SampleReport, str | None]:
    """Send a sample to a server; return what was measured, and what is wrong or None.

    Parameters
    ----------
    sample
        What is sent.
    process
        The server.
    limits
        Of the hosting.
    deadline
        Of the whole trial, of `time.monotonic`.
    progress
        Asked again and again whether the work is called off.
    """
    left = deadline - time.monotonic()
    seconds = left if limits.seconds is None else min(left, limits.seconds)
    answer: Answer | None = None
    try:
        answer = _send(sample, process.port, seconds, progress)
        problem = _answer_problem(sample, answer, limits)
        spent = answer.seconds
    except NoAnswerError as error:
        cut = limits.seconds == seconds and not error.closed
        problem = f"{error}; the hosting ends a request after {limits.seconds} s" if cut else str(error)
        spent = error.seconds
        if error.closed:
            process.wait_for_end(_SECONDS_TO_END)
    if problem is None:
        problem = _size_problem("request", len(sample.body), limits.request_bytes)
    report = SampleReport(
        name=sample.name,
        status=answer.status if answer else None,
        latency_s=round(spent, 6),
        request_bytes=len(sample.body),
        response_bytes=len(answer.body) if answer else 0,
        ok=problem is None,
    )
    return report, problem


def _send(sample: Sample, port: int, seconds: float, progress: Progress) -> Answer:
    """Send a sample from a thread, so that the work can be called off: the server's end ends the thread, too."""
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        answer = pool.submit(send, sample, port, seconds=seconds)
        while not wait([answer], timeout=_CHECK_INTERVAL).done:
            progress.check()
        return answer.result()
    finally:
        pool.shutdown(wait=False)


def _answer_problem(sample: Sample, answer: Answer, limits: Limits) -> str | None:
    if answer.status != OK:
        body = answer.body[:_BODY_SHOWN].decode(errors="replace").strip()
        return f"was answered with status {answer.status}: {body}"
    if sample.expected is not None:
        found = difference(sample.expected, answer.body, answer.content_type, sample.tolerance)
        if found:
            return f"the answer is not the expected one: {found} (tolerance {sample.tolerance:g})"
    return _size_problem("answer", len(answer.body), limits.response_bytes)


def _size_problem(what: str, size: int, limit: int | None) -> str | None:
    if limit is None or size <= limit:
        return None
    return f"the {what} has {size} bytes, and the hosting takes {limit}"
