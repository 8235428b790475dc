"""The one thread that the model lives on: it is loaded, warmed up and called there."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

Result = TypeVar("Result")


class Worker:
    """Runs calls one after another on a thread of its own, so that the event loop answers /ping meanwhile.

    The thread is a daemon: a prediction that never ends does not keep the process from ending. One thread for all
    calls also keeps what belongs to a thread, such as a database connection that `model_fn` opens, usable.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] = (
            queue.SimpleQueue()
        )
        self._busy = False
        self._thread = threading.Thread(target=self._work, name="model", daemon=True)
        self._thread.start()

    def submit(self, function: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Queue a call; the future gets its result or its exception, and can be cancelled until it starts."""
        future: Future[Result] = Future()
        self._calls.put((future, function, arguments))
        return future

    def is_alive(self) -> bool:
        """Whether calls are still run."""
        return self._thread.is_alive()

    def is_busy(self) -> bool:
        """Whether a call runs now."""
        return self._busy

    def _work(self) -> None:
        while True:
            future, function, arguments = self._calls.get()
            if not future.set_running_or_notify_cancel():
                continue
            self._busy = True
            try:
                result = function(*arguments)
            except BaseException as error:  # noqa: BLE001 - it goes to whoever waits, and the thread lives on
                future.set_exception(error)
            else:
                future.set_result(result)
            self._busy = False
            # neither the result nor a traceback's frames may live until the next call comes
            del future, function, arguments
