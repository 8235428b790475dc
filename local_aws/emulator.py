"""What runs in the local AWS's process: ministack with our services, on one port of 127.0.0.1."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_aws.door import Door

if TYPE_CHECKING:
    from local_aws.certificate import Certificate

HOST = "127.0.0.1"
READY_FILE = "emulator.json"
STATUS_PATH = "/_slipway/endpoints"
RECOVERY_PATH = "/_slipway/recovery"
OPERATIONS_PATH = "/_slipway/operations"
SAVE_PATH = "/_slipway/save"


def main() -> None:
    """Serve until SIGTERM or SIGINT, then save the state and end every container."""
    parser = argparse.ArgumentParser(prog="python -m local_aws.emulator", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--folder", type=Path, required=True, help="where state, objects and containers lie")
    parser.add_argument("--account", required=True, help="account of callers whose access key names none")
    parser.add_argument("--region", required=True, help="region of callers that name none")
    parser.add_argument("--strict", action="store_true", help="enforce IAM, and speak TLS")
    arguments = parser.parse_args()
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        # Bound once and kept: between a check and a later bind, somebody else could take the port.
        listener.bind((HOST, arguments.port))
        listener.listen()  # callers that come before the start is complete wait in line
    except OSError as error:
        sys.exit(f"Port {arguments.port} of {HOST} cannot be used: {error.strerror}")
    # 127.0.0.1, not localhost: a custom resource would look for the bucket at <bucket>.localhost.
    address = f"{HOST}:{arguments.port}"
    if arguments.strict:
        # What it needs takes a while to load, and the commands import this module.
        from local_aws.strict_mode import TlsEventLoop, enter  # noqa: PLC0415

        door, certificate = enter(arguments.folder, f"https://{address}")
        new_loop: Callable[[], asyncio.AbstractEventLoop] = TlsEventLoop
    else:
        door, certificate, new_loop = Door(f"http://{address}"), None, asyncio.new_event_loop
    _configure_ministack(arguments, door)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_serve(listener, arguments, door, certificate))


def _configure_ministack(arguments: argparse.Namespace, door: Door) -> None:
    """Set ministack's settings, which it reads from the environment when it is imported."""
    folder: Path = arguments.folder
    checkout = Path(__file__).resolve().parents[1]
    os.environ.update(
        {
            "AWS_ENDPOINT_URL": door.url,
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(arguments.port),
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "MINISTACK_ACCOUNT_ID": arguments.account,
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": arguments.region,
            "NODE_PATH": str(checkout / "node_modules"),
            "PERSIST_STATE": "1",
            "S3_DATA_DIR": str(folder / "s3"),
            "S3_PERSIST": "1",
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(folder / "state"),
        }
    )


async def _serve(
    listener: socket.socket, arguments: argparse.Namespace, door: Door, certificate: Certificate | None
) -> None:
    # ministack reads its settings at import.
    from hypercorn.asyncio import serve  # noqa: PLC0415
    from hypercorn.config import Config  # noqa: PLC0415

    from local_aws.process_registry import own_identity  # noqa: PLC0415
    from local_aws.services import LocalServices  # noqa: PLC0415

    services = LocalServices(door, arguments.folder)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 5
    config.loglevel = "WARNING"
    if certificate:
        config.certfile, config.keyfile = str(certificate.chain), str(certificate.key)
        config.alpn_protocols = ["http/1.1"]  # as without TLS
    pid, started = own_identity()
    ready = {
        "pid": pid,
        "started": started,
        "port": arguments.port,
        "account": arguments.account,
        "region": arguments.region,
        "authority": door.authority,
    }

    async def stopped() -> None:
        await stopping.wait()
        await asyncio.to_thread(services.flush)

    app = _announced(services.app, arguments.folder / READY_FILE, ready)
    try:
        await serve(app, config, shutdown_trigger=stopped)
    finally:
        await asyncio.to_thread(services.stop)
        (arguments.folder / READY_FILE).unlink(missing_ok=True)


def _announced(app: Callable[..., Any], path: Path, ready: dict[str, Any]) -> Callable[..., Awaitable[None]]:
    """Return the application, which writes the ready file once its start is complete."""

    async def announced(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        async def announcing_send(message: dict[str, Any]) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                beside = path.with_suffix(".new")
                beside.write_text(json.dumps(ready))
                beside.replace(path)

        await app(scope, receive, announcing_send if scope["type"] == "lifespan" else send)

    return announced


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    main()
