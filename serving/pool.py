"""The queue and the worker processes behind it: who waits, who is answered, who is replaced."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Coroutine
from typing import Any

from serving.core.errors import PredictionTimeoutError, StartError, UnavailableError
from serving.core.logs import log_event
from serving.core.messages import Answer, Request
from serving.core.options import Options
from serving.model_process import ModelProcess, Waiting, WorkerSpec

_SWEEP = 0.1  # seconds between two looks at deadlines and processes
_LARGEST_GROUP = 32 * 2**20  # bytes of bodies that a worker is given at once
_JOINED_BYTES = 1 << 16  # of bodies that a worker may have before the last request that it is given early
_AT_HAND = 2  # requests at most that a lone worker without batches holds, the one that it answers among them
_AT_HAND_OF_QUICK = 6  # the same, where an answer takes less than a millisecond
_FAILED_REPLACEMENTS = 3  # in a row; then the container has to be replaced
_PAUSE = 1.0  # seconds before the next replacement, where the last one did not come up


class Pool:
    """Workers, and the requests that wait for them.

    The processes start at once; `start` waits for them.

    Parameters
    ----------
    spec
        What a worker is started from.
    options
        The sizes and limits.
    workers
        How many there are.
    """

    def __init__(self, spec: WorkerSpec, options: Options, workers: int) -> None:
        self._spec = spec
        self._options = options
        self._queue: deque[Waiting] = deque()
        self._open: dict[str, Waiting] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._is_up = False
        self._is_stopping = False
        self._failures = 0
        self.gave_up: StartError | None = None
        """Why no worker comes up any more; None while one may."""
        self._workers = [ModelProcess(spec, number, self._on_change) for number in range(workers)]

    async def start(self) -> None:
        """Wait until every worker has loaded the model.

        Raises
        ------
        StartError
            One cannot.
        """
        for worker in self._workers:
            await worker.connect()
        while not all(worker.is_ready for worker in self._workers):
            for worker in self._workers:
                if worker.is_ended:
                    raise worker.failure or await _unexplained(worker)
            self._changed.clear()
            await self._changed.wait()
        self._is_up = True
        self._run(self._sweep())

    def answer(self, request: Request) -> asyncio.Future[Answer]:
        """Answer a request as soon as a worker is free.

        Raises
        ------
        RequestError
            503 when too many wait. The future raises it when the worker died over the request, or it waited too
            long; and with 504 when the prediction takes too long.
        """
        if (wait := self._waiting()) >= self._options.queue_size:
            raise UnavailableError(f"{wait} requests wait for the model already; try again")
        loop = asyncio.get_running_loop()
        waiting = Waiting(request, loop.time(), loop.create_future())
        waiting.answered.add_done_callback(lambda _: self._open.pop(request.id, None))
        self._open[request.id] = waiting
        self._queue.append(waiting)
        self._dispatch()
        return waiting.answered

    def is_ready(self) -> bool:
        """Whether a worker could answer now."""
        return any(worker.is_ready for worker in self._workers)

    def is_busy(self) -> bool:
        """Whether a prediction runs now."""
        return any(worker.groups for worker in self._workers)

    def kill(self) -> None:
        """End every worker at once."""
        self._is_stopping = True
        for task in self._tasks:
            task.cancel()
        for worker in self._workers:
            worker.kill()
            worker.wait()

    def _on_change(self, worker: ModelProcess) -> None:
        self._changed.set()
        if worker.is_ended:
            self._release(worker)
            if self._is_up and not self._is_stopping:
                self._run(self._replace(worker))
        elif worker.is_ready and not worker.groups:
            self._failures = 0
        self._dispatch()

    def _dispatch(self) -> None:
        """Give the queue to the workers; what has come while they were busy goes together."""
        while self._queue:
            worker = min(
                (one for one in self._workers if one.is_ready), key=lambda one: len(one.groups), default=None
            )
            room = self._room(worker) if worker else 0
            if worker is None or room < 1:
                return
            group = self._take(min(room, worker.batch_size))
            if group:
                worker.give(group, asyncio.get_running_loop().time(), self._options.request_timeout)

    def _room(self, worker: ModelProcess) -> int:
        """Return how many requests a worker may be given now.

        A lone worker has its next requests at hand, which spares it the way there and back; where it takes several
        at once, it joins them itself, if they are small: large ones would be on their way when it looks for more.
        With several workers that would keep a request from one that is free sooner.
        """
        if not worker.groups:
            return worker.batch_size
        if len(self._workers) > 1:
            return 0
        if worker.batch_size == 1:
            return (_AT_HAND_OF_QUICK if worker.is_quick else _AT_HAND) - len(worker.groups)
        return worker.batch_size - worker.at_hand if worker.bytes_given < _JOINED_BYTES else 0

    def _waiting(self) -> int:
        """Return how many requests wait, those among them that a worker was given early."""
        given = (worker.at_hand for worker in self._workers)
        return len(self._queue) + sum(given)

    def _take(self, most: int) -> list[Waiting]:
        group: list[Waiting] = []
        size = 0
        while self._queue and len(group) < most:
            size += len(self._queue[0].request.body)
            if group and size > _LARGEST_GROUP:
                break
            waiting = self._queue.popleft()
            if not waiting.answered.done():
                group.append(waiting)
        return group

    def _release(self, worker: ModelProcess) -> None:
        """Refuse what an ended worker was at, and queue again what it had not come to."""
        groups, worker.groups = list(worker.groups), deque()
        for waiting in groups[0].open.values() if groups else ():
            if not waiting.answered.done():
                waiting.answered.set_exception(
                    UnavailableError("the process that held the model ended during this request; try again")
                )
        for group in reversed(groups[1:]):
            self._queue.extendleft(
                waiting for waiting in reversed(group.open.values()) if not waiting.answered.done()
            )

    async def _replace(self, ended: ModelProcess) -> None:
        # its memory has to be free before another one loads the model
        status = await asyncio.to_thread(ended.wait)
        reason = str(ended.failure) if ended.failure else None
        log_event("worker_ended", level=logging.ERROR, worker=ended.number, status=status, reason=reason)
        if not ended.was_ready:
            self._failures += 1
            if self._failures >= _FAILED_REPLACEMENTS:
                self.gave_up = ended.failure or StartError(f"a worker ended with {status} before it was ready")
                return
            await asyncio.sleep(_PAUSE)
        worker = ModelProcess(self._spec, ended.number, self._on_change)
        self._workers[ended.number] = worker
        await worker.connect()

    async def _sweep(self) -> None:
        limit = self._options.request_timeout
        while True:
            await asyncio.sleep(_SWEEP)
            now = asyncio.get_running_loop().time()
            for waiting in list(self._open.values()):
                if waiting.came + limit > now:
                    break  # those after it came later
                self._expire(waiting)
            for worker in list(self._workers):
                is_stuck = bool(worker.groups) and worker.groups[0].heard + limit < now
                if not worker.is_ended and (is_stuck or worker.has_exited()):
                    worker.end()

    def _expire(self, waiting: Waiting) -> None:
        limit = f"{self._options.request_timeout:g} s"
        if waiting.answered.done():
            return
        runs = any(worker.groups and waiting.request.id in worker.groups[0].open for worker in self._workers)
        waiting.answered.set_exception(
            PredictionTimeoutError(f"the prediction did not end within {limit} of the request")
            if runs
            else UnavailableError(f"the model was busy with other requests for {limit}; try again")
        )
        with contextlib.suppress(ValueError):
            self._queue.remove(waiting)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _unexplained(worker: ModelProcess) -> StartError:
    status = await asyncio.to_thread(worker.wait)
    ended = f"was ended by signal {-status}" if status < 0 else f"ended with exit status {status}"
    return StartError(
        f"the process that loads the model {ended} before it was ready; the log above may say why,"
        " or it needs more memory than there is"
    )
