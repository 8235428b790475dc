"""Why the server of a container ended at its start: from its log, or from what SageMaker quotes of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from slipway.explain.evidence import Evidence
from slipway.explain.finding import Quote
from slipway.explain.sources.logs import LogLine

_PREFIX = "serving: "  # of the line that ends a start of the slim server
_QUOTED = re.compile(r"The container's last output: serving: (?P<reason>.+)", re.DOTALL)  # AWS on this machine
_TRACEBACK = "Traceback (most recent call last):"
_RESULT = re.compile(r"^[A-Za-z_][\w.]*(Error|Exception|Exit|Interrupt|Warning)?(: |$)")
_SHOWN = 12  # of a traceback's lines, the last ones


@dataclass(frozen=True)
class StartFailure:
    """What ended the start.

    Parameters
    ----------
    reason
        In the server's words, or the last line of a traceback.
    quote
        The reason, after the last lines of the traceback where there is one.
    """

    reason: str
    quote: Quote


def start_failure(evidence: Evidence) -> StartFailure | None:
    """Return why a container's server ended at its start; None where nothing says that it did."""
    streams = [list(lines) for _, lines in groupby(evidence.written.tails, key=lambda line: line.stream)]
    for read in (_of_slim_server, _of_ray_serve, _of_traceback):
        for lines in streams:
            if found := read(lines):
                return found
    for quote in evidence.said:
        if match := _QUOTED.search(quote.text):
            return StartFailure(match["reason"].strip(), quote)
    return None


def _of_slim_server(lines: Sequence[LogLine]) -> StartFailure | None:
    for place, line in reversed(list(enumerate(lines))):
        if line.text.startswith(_PREFIX):
            reason = line.text.removeprefix(_PREFIX)
            before = _last_traceback(lines[:place]) or _plain(lines[:place])
            return StartFailure(reason, _quote(line, [*before, line.text]))
    return None


def _of_ray_serve(lines: Sequence[LogLine]) -> StartFailure | None:
    for line in reversed(lines):
        record = line.record or {}
        if record.get("event") == "start_failed":
            traceback = str(record.get("traceback", "")).splitlines()
            reason = str(record.get("reason", ""))
            return StartFailure(reason, _quote(line, [*traceback, reason]))
    return None


def _of_traceback(lines: Sequence[LogLine]) -> StartFailure | None:
    found = _last_traceback(lines)
    return StartFailure(found[-1].strip(), _quote(lines[-1], found)) if found else None


def _last_traceback(lines: Sequence[LogLine]) -> list[str]:
    """Return the lines of the last traceback that was written as plain text."""
    begins = [place for place, line in enumerate(lines) if _TRACEBACK in line.text and line.record is None]
    return list(_block(line.text for line in lines[begins[-1] :])) if begins else []


def _block(texts: Iterable[str]) -> Iterator[str]:
    for place, text in enumerate(texts):
        yield text
        # A server may write its own prefix before every line of it.
        if place and _RESULT.match(text):
            return


def _plain(lines: Sequence[LogLine]) -> list[str]:
    """Return the lines right before, such as those of pip, that are no records."""
    kept: list[str] = []
    for line in reversed(lines):
        if line.record is not None or len(kept) == _SHOWN:
            break
        kept.append(line.text)
    return kept[::-1]


def _quote(line: LogLine, texts: Sequence[str]) -> Quote:
    return Quote(line.stream, "\n".join(texts[-_SHOWN:]))
