"""Credentials from a file `.env` at the checkout's top, beside those that AWS clients find by themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from assets import checkout
from slipway.errors import CommandError

FILE_VARIABLE = "SLIPWAY_ENV_FILE"
"""Names another file in the place of `.env`; /dev/null for none."""

_PREFIX = "AWS_"
_LOCAL_AWS = "AWS_ENDPOINT_URL"  # what `slipway local run` sets, together with credentials of its own
_IDENTITY = frozenset(
    {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    }
)
"""Variables that say who one is, all of one kind or another (AWS SDKs and Tools Reference Guide)."""


def load_env_file() -> None:
    """Put what `.env` adds into this process's environment variables.

    Raises
    ------
    CommandError
        When the file cannot be read.
    """
    os.environ.update(env_file_variables(os.environ))


def env_file_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what `.env` adds to an environment: variables of AWS's that are not there.

    Who one is comes from one place alone: where the environment has a profile or a key, none of `.env` is mixed
    with it. Where it leads to the local AWS already, nothing is added. An empty value counts as none.

    Parameters
    ----------
    environment
        The variables that are there.

    Raises
    ------
    CommandError
        When the file cannot be read.
    """
    named = environment.get(FILE_VARIABLE)
    file = Path(named) if named else checkout.ROOT / ".env"  # .gitignore names it
    if _LOCAL_AWS in environment or file == Path(os.devnull) or not (named or file.is_file()):
        return {}
    kept = _IDENTITY if any(environment.get(name) for name in _IDENTITY) else frozenset()
    return {
        name: value
        for name, value in _lines(file)
        if name.startswith(_PREFIX) and value and name not in kept and not environment.get(name)
    }


def _lines(file: Path) -> Iterator[tuple[str, str | None]]:
    """Read `NAME=value` lines as python-dotenv does; what stands in a value stays, `$` as well."""
    from dotenv.parser import parse_stream  # noqa: PLC0415 (mostly, there is no such file)

    try:
        with file.open(encoding="utf-8") as text:
            bindings = list(parse_stream(text))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
    for binding in bindings:
        if binding.error:
            # the line itself may hold a secret
            raise CommandError(f"{file}: line {binding.original.line} is not NAME=value, as in AWS_PROFILE=mine")
        if binding.key is not None:
            yield binding.key, binding.value
