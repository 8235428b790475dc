"""Paths as users write them."""

from pathlib import Path


def user_path(text: str) -> Path:
    """Return a path with its `~` expanded; one of a user that does not exist stays as it is."""
    try:
        return Path(text).expanduser()
    except RuntimeError:  # the home directory cannot be determined
        return Path(text)
