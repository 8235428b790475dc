"""What a process of the local AWS gets of the user's environment."""

from __future__ import annotations

import os

# What a process needs of the machine. Nothing else is passed on: neither the user's credentials nor settings
# that other tools read as theirs.
_PASSED_ON = ("HOME", "LANG", "LC_ALL", "PATH", "SSL_CERT_FILE", "TMPDIR", "TZ")
_PREFIXES = ("PIP_",)  # where pip finds packages
_SUFFIX = "_proxy"  # the way to them


def passed_on() -> dict[str, str]:
    """Return the variables that a process of the local AWS inherits."""
    return {name: value for name, value in os.environ.items() if _is_passed_on(name)}


def _is_passed_on(name: str) -> bool:
    return name in _PASSED_ON or name.startswith(_PREFIXES) or name.lower().endswith(_SUFFIX)
