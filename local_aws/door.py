"""The way into the local AWS for what runs inside of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Door:
    """Where the local AWS answers, and what it takes to come in as the root of an account.

    Parameters
    ----------
    url
        Of the server.
    root_secret
        The secret of the accounts' roots. Outside of strict mode the local AWS checks no secret.
    authority
        The file of the certificate to trust; None without TLS, which is outside of strict mode.
    """

    url: str
    root_secret: str = "local"  # noqa: S105 - checked by nobody
    authority: str | None = None
