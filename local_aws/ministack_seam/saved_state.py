"""What survives a restart."""

from __future__ import annotations

import logging

from ministack import app as _app
from ministack.core import persistence
from ministack.services import s3


class _Failures(logging.Handler):
    """Gathers what ministack only logs: which service's state could not be written, and why."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage().removeprefix("Persistence: "))


def save_state() -> list[str]:
    """Write the state of every service to the state folder, each file beside and then renamed.

    Returns
    -------
    list of str
        What could not be written, a sentence for each service.
    """
    failures = _Failures()
    persistence.logger.addHandler(failures)
    try:
        persistence.save_all(_app._build_persistence_save_dict())
    finally:
        persistence.logger.removeHandler(failures)
    return failures.messages


def unsaved_buckets() -> list[tuple[str, str]]:
    """Return account and name of buckets that are on disk and were not there at the last save.

    ministack writes objects at once and everything else at a save, so a kill in between leaves buckets that no
    stack knows of. To be asked before the first save after a start.
    """
    saved = (persistence.load_state("s3") or {}).get("buckets_meta", {})
    return sorted(set(s3._buckets.to_dict()) - set(saved.to_dict() if saved else {}))
