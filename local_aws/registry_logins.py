"""The passwords for image registries, and what stands behind them in strict mode.

ECR's password is the caller's for 12 hours (Amazon ECR API Reference, "GetAuthorizationToken"). Here it is made of
temporary credentials of the caller's, which may do nothing but what ECR's policies speak of.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from pathlib import Path

from local_aws.private_file import write_private

Credentials = dict[str, str]
_MEMBERS = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"}


def password_of(access_key_id: str, secret_access_key: str, session_token: str) -> str:
    """Return the password that stands for temporary credentials."""
    values = (access_key_id, secret_access_key, session_token)
    credentials = dict(zip(sorted(_MEMBERS), values, strict=True))
    return base64.urlsafe_b64encode(json.dumps(credentials).encode()).decode()


class RegistryLogins:
    """Keeps the password of each registry, as docker does in its own settings; nobody but the user may read them.

    Parameters
    ----------
    folder
        Where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, registry: str, password: str) -> None:
        """Keep the password of a registry, in the place of the one before."""
        write_private(self._path(registry), password.strip().encode())

    def credentials(self, registry: str) -> Credentials:
        """Return boto3's arguments for what stands behind a registry's password; none outside of strict mode."""
        try:
            found = json.loads(base64.urlsafe_b64decode(self._path(registry).read_bytes()))
        except (FileNotFoundError, binascii.Error, ValueError):
            return {}
        return found if isinstance(found, dict) and found.keys() == _MEMBERS else {}

    def _path(self, registry: str) -> Path:
        host = registry.removeprefix("https://").rstrip("/")
        return self._folder / f"login-{hashlib.sha256(host.encode()).hexdigest()[:16]}"
