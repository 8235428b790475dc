"""A worker process as the server sees it: started, given groups of requests, ended."""

import asyncio
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from serving.channel import ANSWER, FAILED, READY, TOOK, Frames, frame
from serving.core.errors import StartError
from serving.core.messages import Answer, Request
from serving.joined_writes import JoinedWrites

_QUICK = 1.0  # milliseconds

_SPIN = {"GOMP_SPINCOUNT": "10000"}
"""How long a thread of OpenMP waits busily: from one operator to the next, some tenths of a millisecond.

It wakes for the next operator at once then. For longer, threads would take the core that another process needs.
"""
_SAID_OTHERWISE = {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}


@dataclass(frozen=True)
class WorkerSpec:
    """What a worker is started from.

    Parameters
    ----------
    model_dir
        The unpacked tarball.
    packages
        Where its requirements are installed; None where the running environment has them.
    threads
        Threads of its operators.
    """

    model_dir: Path
    packages: Path | None
    threads: int


@dataclass(eq=False)
class Waiting:
    """A request whose client waits.

    Parameters
    ----------
    request
        The request.
    came
        When it came, by the event loop's clock.
    answered
        Gets the answer.
    """

    request: Request
    came: float
    answered: "asyncio.Future[Answer]"


@dataclass(eq=False)
class Group:
    """Requests that a worker was given together; it answers one group after another, or says which it joins.

    Parameters
    ----------
    open
        Those without an answer yet, by their ids.
    began
        When the worker came to it, by the event loop's clock.
    """

    open: dict[str, Waiting]
    began: float
    heard: float = field(init=False)
    """When it was last heard of, by an answer or by its begin."""

    def __post_init__(self) -> None:
        self.heard = self.began


class ModelProcess(asyncio.Protocol):
    """One worker.

    Parameters
    ----------
    spec
        What it is started from.
    number
        Its number, from 0.
    on_change
        Called with this worker whenever it is ready, has answered a group, or has ended.
    """

    def __init__(self, spec: WorkerSpec, number: int, on_change: Callable[["ModelProcess"], None]) -> None:
        self.number = number
        self.batch_size = 1
        self.is_ready = False
        self.was_ready = False
        self.is_ended = False
        self.is_quick = False
        """Whether its last answer took so little time that the way there and back counts."""
        self.failure: StartError | None = None
        self.groups: deque[Group] = deque()
        self.bytes_given = 0
        """Of the bodies of the requests that it was given and has not answered."""
        self._given = 0
        self._on_change = on_change
        self._frames = Frames()
        self._transport: Any = None
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "serving.worker", "--channel", str(theirs.fileno())),
                    *("--model-dir", str(spec.model_dir), "--number", str(number)),
                    *("--threads", str(spec.threads)),
                    *(("--packages", str(spec.packages)) if spec.packages else ()),
                ],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**os.environ, **({} if _SAID_OTHERWISE & os.environ.keys() else _SPIN)},
            )
        ours.setblocking(False)
        self._socket = ours

    async def connect(self) -> None:
        """Listen to the worker from now on."""
        await asyncio.get_running_loop().create_connection(lambda: self, sock=self._socket)

    def give(self, group: Sequence[Waiting], now: float, limit: float) -> None:
        """Hand requests over; they are answered through their futures.

        Parameters
        ----------
        group
            The requests.
        now
            By the event loop's clock.
        limit
            Seconds from its coming on in which the worker may begin with a request.
        """
        self.groups.append(Group({waiting.request.id: waiting for waiting in group}, now))
        self._given += len(group)
        self.bytes_given += sum(len(waiting.request.body) for waiting in group)
        requests = [
            (item.request.id, dict(item.request.headers), item.request.body, item.came + limit) for item in group
        ]
        self._transport.write(frame(requests))

    @property
    def at_hand(self) -> int:
        """How many requests it was given that it has not come to."""
        return self._given - len(self.groups[0].open) if self.groups else 0

    def has_exited(self) -> bool:
        """Whether the process has ended; a child that it left may still hold the channel open."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """End the process at once, whatever it does."""
        self.is_ready = False
        self._process.kill()
        transport, self._transport = self._transport, None
        if transport:
            transport.abort()
        else:
            self._socket.close()

    def wait(self) -> int:
        """Wait for the process to have ended and return its exit status."""
        return self._process.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport; called by asyncio."""
        self._transport = JoinedWrites(cast("asyncio.Transport", transport))

    def data_received(self, data: bytes) -> None:
        """Take answers; called by asyncio."""
        if self.is_ended:
            return  # whoever waited was told
        for kind, *content in self._frames.feed(data):
            if kind == ANSWER:
                self._take_answer(content)
            elif kind == TOOK:
                self._join(content[0])
            elif kind == READY:
                self.batch_size = content[0]
                self.is_ready = self.was_ready = True
                self._on_change(self)
            elif kind == FAILED:
                self.failure = StartError(content[0], details=content[1])

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Remember that the process is gone; called by asyncio."""
        self.end()

    def end(self) -> None:
        """Take the process for ended."""
        if self.is_ended:
            return
        self.is_ended, self.is_ready = True, False
        self._process.kill()  # it closed its channel, so nothing can be had from it any more
        self._on_change(self)

    def _join(self, count: int) -> None:
        """Take the first groups for one, since the worker answers them as one."""
        first = self.groups.popleft()
        for _ in range(count - 1):
            first.open.update(self.groups.popleft().open)
        self.groups.appendleft(first)

    def _take_answer(self, content: list[Any]) -> None:
        request_id, status, content_type, headers, body, milliseconds = content
        group = self.groups[0]
        waiting = group.open.pop(request_id)
        self._given -= 1
        self.bytes_given -= len(waiting.request.body)
        if not waiting.answered.done():
            took = {"queue": round((group.began - waiting.came) * 1000, 3), **milliseconds}
            self.is_quick = sum(milliseconds.values()) < _QUICK
            waiting.answered.set_result(Answer(body, content_type, status, headers, took))
        group.heard = now = asyncio.get_running_loop().time()
        if not group.open:
            self.groups.popleft()
            if self.groups:
                self.groups[0].began = self.groups[0].heard = now
            self._on_change(self)
