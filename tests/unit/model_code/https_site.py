"""A hostile site: https on a port of this machine, whose every answer is written byte by byte."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from local_aws.certificate import Certificate, new_certificate

Answer = Callable[[socket.socket], None]
"""Writes to a connection whose request was read."""


def answer(status: str, *headers: str, body: bytes = b"") -> Answer:
    head = "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode()
    return lambda connection: connection.sendall(head + body)


class Site:
    """Answers requests by their path, one thread for each connection.

    Parameters
    ----------
    folder
        For the certificate, of `localhost`.
    """

    def __init__(self, folder: Path) -> None:
        self.certificate: Certificate = new_certificate(folder / "certificate")
        self.answers: dict[str, Answer] = {}
        self.requests: list[str] = []
        self.names: list[str | None] = []
        self.ended = threading.Event()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificate.chain, self.certificate.key)
        self._context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def context(self) -> ssl.SSLContext:
        """What a client needs to trust this site."""
        return ssl.create_default_context(cafile=str(self.certificate.authority))

    def end(self) -> None:
        self.ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                raw, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=[raw])
                self._threads.append(thread)
                thread.start()

    def _serve(self, raw: socket.socket) -> None:
        with raw, contextlib.suppress(OSError), self._context.wrap_socket(raw, server_side=True) as connection:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                part = connection.recv(4096)
                if not part:
                    return
                head += part
            self.requests.append(head.decode())
            self.answers[head.split()[1].decode()](connection)


@contextlib.contextmanager
def site_in(folder: Path) -> Iterator[Site]:
    site = Site(folder)
    try:
        yield site
    finally:
        site.end()
