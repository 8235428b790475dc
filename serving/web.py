"""uvicorn around the application: readiness and the orderly end."""

import asyncio
import gc
import logging
import signal
import socket
from types import FrameType

import uvicorn

from serving.app import App
from serving.core.logs import log_event
from serving.core.options import Options
from serving.listener import Listener
from serving.pool import Pool
from serving.protocol import Protocol

_KEEP_ALIVE = 75  # seconds; longer than clients keep an idle connection, so that none is closed under a request
_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(pool: Pool, options: Options, listener: Listener, drain_timeout: int) -> None:
    """Wait for the workers and serve until SIGTERM or SIGINT; see `serving.server.serve`."""
    config = _config(App(pool, options), drain_timeout)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_run(pool, _Server(config, listener, pool), listener))


async def _run(pool: Pool, server: "_Server", listener: Listener) -> None:
    try:
        await pool.start()
        gc.freeze()  # what is loaded by now stays; requests do not wait while it is searched for garbage
        for number in _ENDING_SIGNALS:
            # uvicorn raises the signal again when it has drained; this handler of ours does not end the process
            signal.signal(number, server.stop)
        listener.listen()
        await server.serve(sockets=[listener.socket])
        log_event("stopped", drained=not pool.is_busy())
    finally:
        pool.kill()  # while there is an event loop to tell
    if pool.gave_up:
        raise pool.gave_up


def _config(app: App, drain_timeout: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Protocol,
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


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready and when it begins to stop."""

    def __init__(self, config: uvicorn.Config, listener: Listener, pool: Pool) -> None:
        super().__init__(config)
        self._listener = listener
        self._pool = pool

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        log_event("ready", host=self._listener.host, port=self._listener.port)

    async def on_tick(self, counter: int) -> bool:
        """Stop also when no worker comes up any more."""
        return await super().on_tick(counter) or self._pool.gave_up is not None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        log_event("stopping", in_flight=len(self.server_state.tasks))
        await super().shutdown(sockets)

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """End as on the signal that uvicorn handles."""
        self.should_exit = True
