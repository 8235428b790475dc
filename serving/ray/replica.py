"""One replica: a loaded model behind Ray Serve's proxy."""

import asyncio
import logging
import os
import time
from pathlib import Path

from ray import serve  # type: ignore[import-not-found]  # only the container has it
from starlette.requests import Request as HttpRequest  # type: ignore[import-not-found]
from starlette.responses import Response  # type: ignore[import-not-found]

# The package has another name in the tarball.
# ruff: noqa: TID252
from ..core import logs
from ..core.errors import ContentTooLargeError, PredictionTimeoutError
from ..core.logs import log_event
from ..core.messages import Answer, Request
from ..core.refusals import refusal
from ..core.settings import read_settings

_GRACE = 5.0  # seconds beyond the time limit of a request, after which a prediction is taken for stuck


def log_start_failure(error: Exception) -> None:
    """Log why the model is not loaded, with the traceback of the user's code."""
    log_event("start_failed", level=logging.ERROR, cause=error.__cause__ or error, reason=str(error))


class Replica:
    """What Ray Serve runs; made in a process of its own.

    Parameters
    ----------
    model_dir
        The unpacked tarball.
    count
        How many replicas there are.

    Raises
    ------
    StartError
        The model cannot be loaded.
    """

    def __init__(self, model_dir: str, count: int) -> None:
        from .loading import load  # noqa: PLC0415 - torch, which the application's builder has no use for

        logs.configure()
        try:
            self._options = read_settings(Path(model_dir), os.environ).options
            self._model = load(model_dir, count)
        except Exception as error:
            log_start_failure(error)
            _withdraw_where_alone()
            raise

    async def __call__(self, http: HttpRequest) -> Response:
        """Answer one request."""
        request = Request(await http.body(), dict(http.headers))
        start = time.perf_counter()
        try:
            answer = await self._answer(request)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - Ray Serve would send its text to the client
            answer = refusal(error, request.id)
        if self._options.log_requests:
            _log(request, answer, time.perf_counter() - start)
        return Response(answer.body, answer.status, {**answer.headers, "content-type": answer.content_type})

    async def check_health(self) -> None:
        """Tell Ray Serve whether requests are answered; it replaces a replica whose health check fails.

        Raises
        ------
        RuntimeError
            They are not.
        """
        if not self._model.is_alive():
            raise RuntimeError("the thread of the model has ended")
        busy, limit = self._model.busy_for(), self._options.request_timeout
        if busy > limit + _GRACE:
            raise RuntimeError(f"a prediction has run for {busy:.0f} s, and its request was given {limit:g} s")

    async def _answer(self, request: Request) -> Answer:
        options = self._options
        if len(request.body) > options.max_body_bytes:
            raise ContentTooLargeError(
                f"the body has {len(request.body)} bytes, and this server takes {options.max_body_bytes}"
            )
        try:
            async with asyncio.timeout(options.request_timeout):
                return await asyncio.wrap_future(self._model.submit(request))
        except TimeoutError:
            raise PredictionTimeoutError(
                f"the prediction did not end within {options.request_timeout:g} s"
            ) from None


def _log(request: Request, answer: Answer, seconds: float) -> None:
    log_event(
        "request",
        request_id=request.id,
        status=answer.status,
        bytes_in=len(request.body),
        bytes_out=len(answer.body),
        milliseconds={**answer.milliseconds, "total": round(seconds * 1000, 3)},
    )


def _withdraw_where_alone() -> None:
    """End Ray Serve where no replica answers: the route stays without one, and /ping would be healthy for ever."""
    context = serve.get_replica_context()
    deployments = serve.status().applications[context.app_name].deployments
    if not deployments[context.deployment].replica_states.get("RUNNING"):
        serve.shutdown()
