"""The log: one JSON object a line on standard output, where SageMaker and the local AWS collect it."""

import json
import logging
import sys
import time

_LOGGER = logging.getLogger("serving")


class JsonLines(logging.Formatter):
    """Write a record as one line of JSON; a traceback becomes one string of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return `record` as one line."""
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {"time": f"{when}.{record.msecs:03.0f}Z", "level": record.levelname}
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
