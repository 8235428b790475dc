"""uvicorn's HTTP protocol, with a short way for a prediction whose request came as a whole.

uvicorn makes a task, an event and a few messages for each request. That costs as much as all else that the server
does for a small one, whose body has come with its head: there is nothing to wait for before the model is asked.
"""

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from serving.app import INVOCATIONS, App
from serving.core.errors import BadRequest
from serving.core.messages import new_request_id
from serving.core.refusals import refusal
from serving.headers import Headers, encode_headers
from serving.joined_writes import JoinedWrites


class Protocol(HttpToolsProtocol):
    """Speaks HTTP on one connection."""

    _body: list[bytes] | None = None
    """What has come of a body that may come as a whole; None where uvicorn handles the request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; called by asyncio."""
        super().connection_made(cast("asyncio.Transport", JoinedWrites(cast("asyncio.Transport", transport))))

    def data_received(self, data: bytes) -> None:
        """Take bytes; called by asyncio."""
        super().data_received(data)
        if self._body is not None and not self.transport.is_closing():
            self._leave_to_uvicorn()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; called by uvicorn."""
        answer = refusal(BadRequest(msg), new_request_id())
        headers = encode_headers(answer.headers, answer.content_type, len(answer.body))
        Exchange(self, keep_alive=False).send(answer.status, headers, answer.body)

    def on_message_begin(self) -> None:
        """Begin a request; called by httptools."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Go the short way, or uvicorn's; called by httptools."""
        if self._may_come_whole():
            self._body = []
        else:
            self._begin_uvicorns()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body; called by httptools."""
        if self._body is None:
            super().on_body(body)
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """Have a request answered that came as a whole; called by httptools."""
        if self._body is None:
            super().on_message_complete()
            return
        body = b"".join(self._body)
        app = cast("App", self.app)
        if len(body) > app.largest_body:
            self._leave_to_uvicorn()
            super().on_message_complete()
            return
        self._body = None
        exchange = Exchange(self, keep_alive=self._keeps_alive())
        self.cycle = exchange  # type: ignore[assignment]  # uvicorn's own has more, which only uvicorn's tasks use
        answered = app.answer_whole(self.headers, body, exchange.send)
        self.tasks.add(answered)  # type: ignore[arg-type]  # uvicorn waits for it and cancels it when it stops
        answered.add_done_callback(self.tasks.discard)

    def _may_come_whole(self) -> bool:
        return (
            self.url == INVOCATIONS
            and not self.expect_100_continue
            and (self.cycle is None or self.cycle.response_complete)  # else it waits for its turn
            and self.parser.get_method() == b"POST"
            and not self.parser.should_upgrade()
        )

    def _keeps_alive(self) -> bool:
        return self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()

    def _begin_uvicorns(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()

    def _leave_to_uvicorn(self) -> None:
        come, self._body = self._body or [], None
        self._begin_uvicorns()
        super().on_body(b"".join(come))


class Exchange:
    """A request and its answer: what uvicorn's protocol asks of its own `RequestResponseCycle`.

    Parameters
    ----------
    protocol
        Of the connection.
    keep_alive
        Whether the connection stays open for the next request.
    """

    message_event = asyncio.Event()  # nobody waits for more of the request

    def __init__(self, protocol: Protocol, *, keep_alive: bool) -> None:
        self._protocol = protocol
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False

    def send(self, status: int, headers: Headers, body: bytes) -> None:
        """Send the answer, unless the client has gone."""
        if self.disconnected:
            return
        protocol = self._protocol
        lines = [STATUS_LINE[status]]
        for name, value in (*protocol.server_state.default_headers, *headers):
            lines += (name, b": ", value, b"\r\n")
        lines.append(b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
        self.response_complete = True
        transport = cast("JoinedWrites", protocol.transport)
        transport.write_now(b"".join(lines), body)
        if not self.keep_alive:
            transport.close()
        protocol.on_response_complete()
