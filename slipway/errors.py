"""What a user of the command line did that cannot work."""

from __future__ import annotations


class CommandError(Exception):
    """A command that cannot do what was asked; the text says why and how to go on."""
