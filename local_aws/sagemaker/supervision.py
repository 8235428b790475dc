"""Starts the container of a variant again when it ends by itself, as SageMaker does."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable

from local_aws.sagemaker.container import Container

_LOG = logging.getLogger(__name__)
_PAUSE = 1.0  # seconds between two starts, where the first did not come up


class SupervisedContainer:
    """A container that is there again soon after it was killed.

    While it comes up, requests to it are refused at once, since nothing listens on its port.

    Parameters
    ----------
    begin
        Starts a container and returns it before it answers.

    Raises
    ------
    ContainerError
        When the first one does not come up.
    """

    def __init__(self, begin: Callable[[], Container]) -> None:
        self._begin = begin
        self._beginning = threading.Lock()
        self._stopping = threading.Event()
        self._asleep = threading.Event()
        self._awake = threading.Event()
        self._awake.set()
        self._newest = begin()
        self._current = _ready(self._newest)
        # The thread acts in the account and region of the endpoint.
        scope = contextvars.copy_context()
        self._watcher = threading.Thread(target=scope.run, args=(self._watch,), daemon=True)
        self._watcher.start()

    @property
    def url(self) -> str:
        """Where the container answers now."""
        return self._current.url

    @property
    def pid(self) -> int:
        """The process id of now."""
        return self._current.pid

    def stop(self) -> None:
        """End the container for good, one that is coming up again as well."""
        with self._beginning:
            self._stopping.set()
        self._newest.stop()
        self._awake.set()
        self._watcher.join()

    def sleep(self) -> None:
        """End the container until ``wake``, as when an endpoint is scaled to no instance."""
        with self._beginning:
            self._awake.clear()
            self._asleep.set()
        self._newest.stop()

    def wake(self) -> None:
        """Start the container again, and return when it answers.

        Raises
        ------
        ContainerError
            When it does not come up; it sleeps on.
        """
        with self._beginning:
            if self._stopping.is_set():
                return
            self._newest = self._begin()
        self._current = _ready(self._newest)
        self._asleep.clear()
        self._awake.set()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self._current.wait_for_end()
            if self._asleep.is_set():
                self._awake.wait()
            elif not self._stopping.is_set():
                _LOG.warning("container %s ended by itself; starting it again", self._current.pid)
                self._current.stop()
                self._start_again()

    def _start_again(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._beginning:
                    if self._stopping.is_set() or self._asleep.is_set():
                        return
                    self._newest = self._begin()
                self._current = _ready(self._newest)
            except Exception as error:  # noqa: BLE001 - what fails now, for want of memory say, may succeed later
                _LOG.warning("the container did not come up again: %s", error)
                self._stopping.wait(_PAUSE)
            else:
                return


def _ready(container: Container) -> Container:
    """Return the container when it answers; none is left of one that does not come up."""
    try:
        container.wait_until_ready()
    except BaseException:
        container.stop()
        raise
    return container
