"""The log: one JSON object a line on standard output, where SageMaker and the local AWS collect it."""

import functools
import json
import logging
import sys
import time
from collections.abc import Mapping

try:
    import orjson
except ImportError:
    HAS_ORJSON = False
else:
    HAS_ORJSON = True

_LOGGER = logging.getLogger("serving")


class JsonLines(logging.Formatter):
    """Write a record as one line of JSON; a traceback becomes one string of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return `record` as one line."""
        line: dict[str, object] = {"time": _time(record.created), "level": record.levelname}
        key = "event" if record.name == _LOGGER.name else "message"
        line[key] = record.getMessage()
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure() -> None:
    """Send every logger's records, the handler's among them, to standard output from level INFO on."""
    to_stdout = logging.StreamHandler(sys.stdout)
    to_stdout.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[to_stdout])


def log_event(
    event: str, *, level: int = logging.INFO, cause: BaseException | None = None, **fields: object
) -> None:
    """Log something that this server did.

    Parameters
    ----------
    event
        What happened, in snake case.
    level
        The level of the `logging` module.
    cause
        An exception whose traceback is wanted.
    fields
        What else the line says.
    """
    _LOGGER.log(level, event, extra={"fields": fields}, exc_info=cause)


def log_request(
    request_id: str, status: int, bytes_in: int, bytes_out: int, milliseconds: Mapping[str, float]
) -> None:
    """Log that a request was answered, without the cost of a record of `logging`.

    Parameters
    ----------
    request_id
        Names the request in its answer and in the log's other lines.
    status
        The answer's.
    bytes_in, bytes_out
        The sizes of the bodies.
    milliseconds
        What each phase took.

    The line is written when standard output is flushed, by the next record of `logging` for one.
    """
    if not _LOGGER.isEnabledFor(logging.INFO):
        return
    line = {
        "time": _time(time.time()),
        "level": "INFO",
        "event": "request",
        "request_id": request_id,
        "status": status,
        "bytes_in": bytes_in,
        "bytes_out": bytes_out,
        "milliseconds": dict(milliseconds),
    }
    sys.stdout.write(_line(line))


def _line(content: dict[str, object]) -> str:
    if not HAS_ORJSON:
        return json.dumps(content) + "\n"
    written: str = orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE).decode()
    return written


def _time(seconds: float) -> str:
    return f"{_second(int(seconds))}.{int(seconds % 1 * 1000):03d}Z"


@functools.lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
