"""Where requests, answers and failures lie in the artifact bucket."""

from typing import Literal

from stacks.settings_common.prefixes import checked_prefix

AsyncKind = Literal["input", "output", "failure"]


def async_prefix(endpoint: str, kind: AsyncKind) -> str:
    """Return where an asynchronous endpoint's requests, answers or failures lie when its settings do not say."""
    return f"async/{endpoint}/{kind}"


def checked_async_prefix(value: str) -> str:
    """Return a prefix of the settings without slashes around it.

    Raises
    ------
    ValueError
        It is no prefix of S3 keys, or something else lies there.
    """
    return checked_prefix(value, example="async/fraud/output")
