"""uvicorn around the application: readiness and the orderly end."""

import contextlib
import logging
import os
import signal
import socket
import sys
from types import FrameType

import uvicorn

from serving.app import App
from serving.listener import Listener
from serving.logs import log_event
from serving.predictor import Predictor
from serving.settings import Settings

_KEEP_ALIVE = 75  # seconds; longer than clients keep an idle connection, so that none is closed under a request
_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def serve(settings: Settings, listener: Listener, drain_timeout: int) -> None:
    """Load the model, answer its warm-up sample, and serve until SIGTERM or SIGINT.

    Then no connection is accepted any more, and what is in flight is finished.

    Parameters
    ----------
    settings
        What to serve.
    listener
        Where.
    drain_timeout
        Seconds that requests in flight get to finish; then they are answered with 503.

    Raises
    ------
    StartError
        The model cannot be loaded, does not answer its warm-up sample, or another server took the port meanwhile.
    """
    predictor = Predictor(settings)
    config = uvicorn.Config(
        App(predictor),
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=drain_timeout,
    )
    server = _Server(config, listener)
    for number in _ENDING_SIGNALS:
        # uvicorn raises the signal again when it has drained; with a handler of ours that does not end the process
        signal.signal(number, server.stop)
    listener.listen()
    server.run(sockets=[listener.socket])
    drained = not predictor.is_busy()
    log_event("stopped", drained=drained)
    if not drained:
        _leave()


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready and when it begins to stop."""

    def __init__(self, config: uvicorn.Config, listener: Listener) -> None:
        super().__init__(config)
        self._listener = listener

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        log_event("ready", host=self._listener.host, port=self._listener.port)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        log_event("stopping", in_flight=len(self.server_state.tasks))
        await super().shutdown(sockets)

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """End as on the signal that uvicorn handles."""
        self.should_exit = True


def _leave() -> None:
    """End the process although a prediction still runs, in whose thread an ordinary end could crash."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)
