"""What the local AWS's process does otherwise in strict mode: it enforces IAM, and speaks TLS."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from local_aws.administrator import new_root_secret
from local_aws.certificate import Certificate, new_certificate
from local_aws.door import Door
from local_aws.trust import trust

_SHUTDOWN_TIMEOUT = 1.0  # seconds; the end shall not wait half a minute for clients that keep a connection


def enter(folder: Path, url: str) -> tuple[Door, Certificate]:
    """Make certificate and root secret, and let ministack check signatures and policies.

    To be called before ministack is imported, which reads its settings then.

    Parameters
    ----------
    folder
        Of the local AWS.
    url
        Where it is going to answer.
    """
    certificate = new_certificate(folder / "tls")
    door = Door(url, new_root_secret(folder), str(certificate.authority))
    os.environ.update(
        {
            # For the functions that it runs as processes.
            **trust(certificate.authority, os.environ),
            "AUTH": "true",
            "AWS_SECRET_ACCESS_KEY": door.root_secret,
            "MINISTACK_SSL_CERT": str(certificate.chain),
            "MINISTACK_SSL_KEY": str(certificate.key),
            "USE_SSL": "1",
        }
    )
    return door, certificate


class TlsEventLoop(asyncio.SelectorEventLoop):
    """An event loop whose TLS connections do not wait long for clients that do not say good-bye."""

    def __init__(self) -> None:
        super().__init__()
        self.set_exception_handler(_pass_over_silent_clients)

    async def create_server(self, *arguments: Any, **options: Any) -> asyncio.Server:
        """Make a server, as the base class does."""
        if options.get("ssl") is not None:
            options.setdefault("ssl_shutdown_timeout", _SHUTDOWN_TIMEOUT)
        return await super().create_server(*arguments, **options)


def _pass_over_silent_clients(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if not isinstance(context.get("exception"), TimeoutError):
        loop.default_exception_handler(context)
