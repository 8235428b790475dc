"""What lets clients trust the certificate of the local AWS in strict mode."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import botocore.httpsession

from local_aws.errors import LocalAwsError

_AWS_BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")  # what botocore reads, in its order
_NODE_BUNDLE = "NODE_EXTRA_CA_CERTS"


def trust(authority: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with which AWS clients trust an authority, besides what they trusted before.

    Only variables that AWS clients or Node read are set: in what is run with them, pip and requests shall reach
    their own servers as ever.

    Parameters
    ----------
    authority
        The authority's certificate, PEM. The bundles that the variables name are written beside it.
    environment
        The user's variables, which may name authorities of theirs, such as a proxy's.

    Raises
    ------
    LocalAwsError
        When the authority's file is gone.
    """
    try:
        own = authority.read_bytes()
    except OSError as error:
        again = "slipway local down && slipway local up --strict"
        raise LocalAwsError(f"{authority} cannot be read: {error.strerror}. To make it again: {again}") from error
    of_aws = next((environment[name] for name in _AWS_BUNDLES if environment.get(name)), None)
    return {
        "AWS_CA_BUNDLE": _bundle(authority.parent, own, _content(of_aws) or _default()),
        # Node adds these to its own.
        _NODE_BUNDLE: _bundle(authority.parent, own, _content(environment.get(_NODE_BUNDLE))),
    }


def _default() -> bytes:
    """Return what botocore trusts where no variable names a bundle."""
    return _content(botocore.httpsession.where())


def _content(path: str | None) -> bytes:
    return Path(path).read_bytes() if path and Path(path).is_file() else b""


def _bundle(folder: Path, own: bytes, before: bytes) -> str:
    """Write a bundle under the name of its content, so that commands side by side may have different ones."""
    content = before if own in before else b"\n".join(filter(None, [before, own]))
    path = folder / f"bundle-{hashlib.sha256(content).hexdigest()[:16]}.pem"
    if not path.exists():
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_bytes(content)
        beside.replace(path)
    return str(path)
