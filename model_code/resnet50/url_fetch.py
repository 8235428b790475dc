"""Fetches an image from a URL that a stranger chose.

The container stands in a network where other things answer: its own ports, AWS's metadata service, a VPC.

So only https to hosts of a list is asked. A name is looked up once, all its addresses have to be public, and the
connection goes to one of those, so that a second answer of the DNS changes nothing. Each redirect is judged like
the first URL. Time, bytes and redirects are bounded. Neither cookies nor credentials are sent, and no proxy is
used.
"""

import contextlib
import http.client
import socket
import ssl
from urllib.parse import urljoin

from classifier_settings import UrlSettings
from timed_connection import Connect, Deadline, Resolve, TimedSocket, connect, open_tls, resolve, resolve_in_time
from url_rules import RefusedUrlError, Target, allowed_target, is_public

_OFF = (
    "Fetching of URLs is off. The model's owner turns it on by naming hosts that may be asked under [url] hosts "
    "of classifier.toml. Send the image itself as image/jpeg or image/png."
)
_OK = 200
_REDIRECTS = (301, 302, 303, 307, 308)
_HEADERS = {
    "Accept": "image/jpeg, image/png",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "slipway-resnet50",
}
_PART = 2**16  # bytes


class UrlFetcher:
    """Fetches bodies by URL, within the settings' limits.

    Parameters
    ----------
    settings
        The hosts that may be asked, and the limits.
    context
        Whose certificate authorities are trusted; by default the system's.
    resolve, connect
        How a name is looked up, and how an address is connected to.
    """

    def __init__(
        self,
        settings: UrlSettings,
        *,
        context: ssl.SSLContext | None = None,
        resolve: Resolve = resolve,
        connect: Connect = connect,
    ) -> None:
        self._settings = settings
        self._context = context or ssl.create_default_context()
        self._context.sslsocket_class = TimedSocket
        self._resolve = resolve
        self._connect = connect

    def fetch(self, url: str) -> bytes:
        """Return what the URL answers.

        Raises
        ------
        RefusedUrlError
            No host may be asked, or not this one; or the answer is too large, too late, or none.
        """
        if not self._settings.hosts:
            raise RefusedUrlError(_OFF)
        deadline = Deadline(self._settings.seconds)
        try:
            return self._follow(url, deadline)
        except TimeoutError as error:
            raise RefusedUrlError(f"The URL did not answer whole within {self._settings.seconds:g} s.") from error
        except (OSError, http.client.HTTPException) as error:
            # the text of the error stays in the log: it may tell of the network around the container
            raise RefusedUrlError(f"The URL cannot be fetched ({type(error).__name__}).") from error

    def _follow(self, url: str, deadline: Deadline) -> bytes:
        for _ in range(self._settings.max_redirects + 1):
            target = allowed_target(url, self._settings.hosts)
            with contextlib.closing(self._ask(target, deadline)) as connection:
                response = connection.getresponse()
                location = response.getheader("Location")
                if response.status not in _REDIRECTS or location is None:
                    return self._body(response)
            url = urljoin(url, location)
        raise RefusedUrlError(f"The URL redirects more than {self._settings.max_redirects} times.")

    def _ask(self, target: Target, deadline: Deadline) -> http.client.HTTPSConnection:
        """Send the request; return its connection."""
        addresses = resolve_in_time(self._resolve, target.host, target.port, deadline)
        if not addresses or not all(is_public(address) for address in addresses):
            raise RefusedUrlError(
                "The URL's host, or one that it redirects to, has an address that is not public."
            )
        raw = self._reach(addresses, target.port, deadline)
        connection = http.client.HTTPSConnection(target.host, target.port, context=self._context)
        connection.auto_open = 0  # it would look the name up again
        connection.sock = open_tls(raw, target.host, self._context, deadline)
        try:
            connection.request("GET", target.path, headers=_HEADERS)
        except BaseException:
            connection.close()
            raise
        return connection

    def _reach(self, addresses: list[str], port: int, deadline: Deadline) -> socket.socket:
        """Connect to the first address that takes it; a container may have no IPv6."""
        *others, last = addresses
        for address in others:
            with contextlib.suppress(OSError):
                return self._connect(address, port, deadline.left())
        return self._connect(last, port, deadline.left())

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        if response.status != _OK:
            raise RefusedUrlError(f"The URL answers with status {response.status}.")
        most = self._settings.max_bytes
        if (response.length or 0) > most:
            raise _too_large(most)
        body = bytearray()
        while part := response.read1(_PART):
            body += part
            if len(body) > most:
                raise _too_large(most)
        return bytes(body)


def _too_large(most: int) -> RefusedUrlError:
    return RefusedUrlError(f"The URL answers more than {most} bytes.")
