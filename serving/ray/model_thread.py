"""The one thread that the model lives on: it is loaded, warmed up and called there."""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

# The package has another name in the tarball.
# ruff: noqa: TID252
from ..core.messages import Answer, Request

if TYPE_CHECKING:
    from ..core.responder import Responder

_Waiting = tuple[Request, "Future[Answer]"]


class ModelThread:
    """Answers requests on a thread of its own, so that the replica's event loop is free meanwhile.

    What waits while the model is busy is taken together, up to the responder's batch; nothing is ever waited for.
    The thread is a daemon: a prediction that never ends does not keep the process from ending.

    Parameters
    ----------
    load
        Returns the responder; called on the thread, because what `model_fn` opens may belong to its thread.

    Raises
    ------
    Exception
        Whatever `load` raises.
    """

    def __init__(self, load: Callable[[], "Responder"]) -> None:
        self._waiting: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._since: float | None = None
        loaded: Future[None] = Future()
        self._thread = threading.Thread(target=self._work, args=(load, loaded), name="model", daemon=True)
        self._thread.start()
        loaded.result()

    def submit(self, request: Request) -> "Future[Answer]":
        """Queue a request; the future can be cancelled until the model has the request."""
        future: Future[Answer] = Future()
        self._waiting.put((request, future))
        return future

    def is_alive(self) -> bool:
        """Whether requests are still answered."""
        return self._thread.is_alive()

    def busy_for(self) -> float:
        """Return the seconds since the model got what it works on; 0 when it has nothing to do."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    def _work(self, load: Callable[[], "Responder"], loaded: "Future[None]") -> None:
        try:
            responder = load()
        except BaseException as error:  # noqa: BLE001 - it goes to whoever waits
            loaded.set_exception(error)
            return
        loaded.set_result(None)
        while True:
            taken = self._take(responder.batch_size)
            self._since = time.monotonic()
            self._answer(responder, taken)
            self._since = None
            # neither a body nor an answer may live until the next request comes
            del taken

    def _take(self, most: int) -> list[_Waiting]:
        taken = [self._waiting.get()]
        while len(taken) < most:
            try:
                taken.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return [(request, future) for request, future in taken if future.set_running_or_notify_cancel()]

    def _answer(self, responder: "Responder", taken: list[_Waiting]) -> None:
        open_places = dict(enumerate(future for _, future in taken))
        try:
            for place, answer in responder.respond([request for request, _ in taken]):
                open_places.pop(place).set_result(answer)
                self._since = time.monotonic()
        except BaseException as error:  # noqa: BLE001 - it goes to whoever waits, and the thread lives on
            for future in open_places.values():
                future.set_exception(error)
