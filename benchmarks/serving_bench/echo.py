"""A server that does nothing but answer, to see how many requests the load generator can send."""

from __future__ import annotations

import selectors
import socket
import sys

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]"


def main() -> None:
    """Print the port and answer each read with one answer, for requests that fit into one."""
    selector = selectors.DefaultSelector()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is listener:
                    connection, _address = listener.accept()
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    selector.register(connection, selectors.EVENT_READ)
                elif isinstance(key.fileobj, socket.socket):
                    if key.fileobj.recv(1 << 16):
                        key.fileobj.sendall(_ANSWER)
                    else:
                        selector.unregister(key.fileobj)
                        key.fileobj.close()


if __name__ == "__main__":
    sys.exit(main())
