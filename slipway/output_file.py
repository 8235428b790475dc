"""A file that a command writes once it has a result: refused before the work, and not after it."""

from __future__ import annotations

import os
from pathlib import Path

from assets.checkout import shown
from slipway.errors import CommandError


def check_writable(path: Path) -> None:
    """Refuse a file that could not be written.

    Parameters
    ----------
    path
        Of the file, which need not be there.

    Raises
    ------
    CommandError
        It is a folder, or may not be written, or its folder is not there.
    """
    folder = path.absolute().parent
    is_writable = os.access(path, os.W_OK) if path.exists() else folder.is_dir() and os.access(folder, os.W_OK)
    if path.is_dir() or not is_writable:
        raise CommandError(f"{shown(path)} cannot be written: give a file in a folder that is there")
