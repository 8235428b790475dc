"""The socket: it has its port from the beginning, and refuses connections until the server is ready."""

import socket
from dataclasses import dataclass

from serving.core.errors import StartError

_BACKLOG = 2048  # connections that wait to be accepted


@dataclass(frozen=True)
class Listener:
    """A socket that has its port, but refuses connections until the server is ready.

    Parameters
    ----------
    socket
        The bound socket.
    host
        The address, for messages.
    """

    socket: socket.socket
    host: str

    @property
    def port(self) -> int:
        """The port, also where 0 was asked for."""
        return int(self.socket.getsockname()[1])

    def listen(self) -> None:
        """Accept connections from now on.

        Raises
        ------
        StartError
            Another server took the port since it was bound.
        """
        try:
            self.socket.listen(_BACKLOG)
        except OSError as error:
            raise _port_error(self.host, self.port, error) from None


def bind(host: str, port: int) -> Listener:
    """Take the port before the model is loaded, so that a port in use is known at once.

    Raises
    ------
    StartError
        The port is in use, or the host is not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        # a port whose last connections are still closing is free again
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except (OSError, OverflowError) as error:
        raise _port_error(host, port, error) from None
    return Listener(listener, host)


def _port_error(host: str, port: int, error: Exception) -> StartError:
    reason = getattr(error, "strerror", None) or error
    return StartError(f"cannot listen on {host}:{port}: {reason}; choose another port with --port")
