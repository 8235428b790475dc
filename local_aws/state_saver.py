"""Saves the state of the local AWS while it runs, so that little is lost when it is killed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from local_aws import ministack_seam as seam

_DELAY = 0.5  # seconds between a change and the save that covers it and those after it
_SAVING_METHODS = {"POST", "PUT", "PATCH", "DELETE"}
_METRICS = "/operation/PutMetricData"  # comes all the time under traffic; a kill may lose the newest data
App = Callable[..., Any]


class StateSaver:
    """An ASGI middleware that saves soon after requests that may have changed something.

    ministack itself saves at a graceful end only.

    Parameters
    ----------
    app
        The application.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._pending: asyncio.TimerHandle | None = None
        self._before_answer = False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: dict[str, Any], receive: App, send: App) -> None:
        """Pass the request on, then plan a save."""
        self._loop = asyncio.get_running_loop()

        async def saving_send(message: dict[str, Any]) -> None:
            if self._before_answer and message["type"] == "http.response.start":
                self._save()
            await send(message)

        await self._app(scope, receive, saving_send)
        if scope["type"] == "http" and scope["method"] in _SAVING_METHODS and not scope["path"].endswith(_METRICS):
            self._plan()

    def plan(self) -> None:
        """Plan a save from any thread: something changed by itself."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._plan)

    def save_before_answer(self) -> None:
        """Save before the request that is being handled is answered: what it asked for shall not get lost."""
        self._before_answer = True

    def _plan(self) -> None:
        if self._loop and self._pending is None:
            self._pending = self._loop.call_later(_DELAY, self._save)

    def _save(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
        self._pending, self._before_answer = None, False
        seam.save_state()
