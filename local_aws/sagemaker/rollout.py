"""Takes an update through its steps, or back again when an alarm goes off."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from local_aws.sagemaker.rollout_plan import Plan


class AlarmsWatched(Protocol):
    """What knows the alarms of the local CloudWatch."""

    def in_alarm(self, names: Sequence[str]) -> list[str]:
        """Return those that are in ALARM."""

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call a listener whenever an alarm changes its state; return what ends that."""


class NoAlarms:
    """No alarm ever goes off."""

    def in_alarm(self, names: Sequence[str]) -> list[str]:  # noqa: ARG002
        """Return none."""
        return []

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:  # noqa: ARG002
        """Never call."""
        return lambda: None


class RolledBack(Exception):  # noqa: N818 - an outcome, not a fault
    """The requests have to go back to the old fleet; the text is for the FailureReason."""


class Interrupted(Exception):  # noqa: N818 - an outcome, not a fault
    """The rollout was told to stop."""


class Rollout:
    """One update that goes on.

    Parameters
    ----------
    plan
        Its steps.
    alarms
        Knows the alarms.
    shift
        Gives the new fleet a share of the requests.
    on_stage
        Is told each stage, a ``VariantStatus``.
    """

    def __init__(
        self,
        plan: Plan,
        alarms: AlarmsWatched,
        shift: Callable[[float], None],
        on_stage: Callable[[str], None],
    ) -> None:
        self._plan = plan
        self._alarms = alarms
        self._shift = shift
        self._on_stage = on_stage
        self._woken = threading.Condition()
        self._changes = 0
        self._interrupted = False
        self._deadline: float | None = None

    def run(self) -> None:
        """Go through the steps, and return when the old fleet may end.

        Raises
        ------
        RolledBack
            When an alarm went off, or the time is up.
        Interrupted
            When it was told to stop.
        """
        if self._plan.limit is not None:
            self._deadline = time.monotonic() + self._plan.limit
        unsubscribe = self._alarms.subscribe(self._wake)
        try:
            for share in self._plan.shares:
                self._on_stage("ActivatingTraffic")
                self._shift(share)
                self._on_stage("Baking")
                self._wait(self._plan.bake, watching=True)
            if self._plan.termination_wait:
                self._on_stage("Deleting")
                self._wait(self._plan.termination_wait, watching=False)
        finally:
            unsubscribe()

    def interrupt(self) -> None:
        """Stop waiting, at once and for good."""
        with self._woken:
            self._interrupted = True
            self._woken.notify_all()

    def _wake(self) -> None:
        with self._woken:
            self._changes += 1
            self._woken.notify_all()

    def _wait(self, seconds: float, *, watching: bool) -> None:
        """Wait until the time is over; nothing happens in between unless an alarm changes its state."""
        end = time.monotonic() + seconds
        while True:
            with self._woken:
                if self._interrupted:
                    raise Interrupted
                seen = self._changes
            if watching:
                self._check_alarms()
            left = end - time.monotonic()
            if left <= 0:
                return
            if self._deadline is not None and time.monotonic() >= self._deadline:
                raise RolledBack(
                    f"The deployment took longer than {self._plan.limit} seconds and was rolled back."
                )
            until = left if self._deadline is None else min(left, max(self._deadline - time.monotonic(), 0))
            with self._woken:
                self._woken.wait_for(functools.partial(self._differs, seen), until)

    def _differs(self, seen: int) -> bool:
        return self._interrupted or self._changes != seen

    def _check_alarms(self) -> None:
        if gone_off := self._alarms.in_alarm(self._plan.alarms):
            raise RolledBack(
                "The deployment was rolled back to the previous endpoint config, because of the alarm(s) in ALARM"
                f" state: {', '.join(gone_off)}."
            )
