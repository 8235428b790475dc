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


NO_PACKAGES = {"PIP_NO_INDEX": "1", "SLIPWAY_NETWORK_ISOLATION": "1"}
"""The variables of a container in network isolation: pip finds only what lies in the model itself."""


def for_the_image() -> dict[str, str]:
    """Return this process's variables for what AWS has in the image, and this machine makes at the first start."""
    if "SLIPWAY_NETWORK_ISOLATION" not in os.environ:
        return dict(os.environ)
    return {name: value for name, value in os.environ.items() if name not in NO_PACKAGES}


def _is_passed_on(name: str) -> bool:
    return name in _PASSED_ON or name.startswith(_PREFIXES) or name.lower().endswith(_SUFFIX)
