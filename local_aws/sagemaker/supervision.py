"""Starts the container of a variant again when it ends by itself, as SageMaker does."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable

from local_aws.sagemaker.container import Container, ContainerError

_LOG = logging.getLogger(__name__)
_PAUSE = 1.0  # seconds between two starts, where the first did not come up


class SupervisedContainer:
    """A container that is there again soon after it was killed.

    While it comes up, requests to it are refused at once, since nothing listens on its port.

    Parameters
    ----------
    start
        Starts a container and returns it when it answers; raises ContainerError when it does not come up.

    Raises
    ------
    ContainerError
        When the first one does not come up.
    """

    def __init__(self, start: Callable[[], Container]) -> None:
        self._start = start
        self._stopping = threading.Event()
        self._current = start()
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
        """End the container for good."""
        self._stopping.set()
        self._current.stop()
        self._watcher.join()

    def _watch(self) -> None:
        while True:
            self._current.wait_for_end()
            if self._stopping.is_set():
                return
            _LOG.warning("container %s ended by itself; starting it again", self._current.pid)
            self._current.stop()
            self._start_again()

    def _start_again(self) -> None:
        while not self._stopping.is_set():
            try:
                started = self._start()
            except ContainerError as error:
                _LOG.warning("the container did not come up again: %s", error)
                self._stopping.wait(_PAUSE)
                continue
            self._current = started
            if self._stopping.is_set():
                started.stop()
            return
