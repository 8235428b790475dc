"""What goes wrong on the local AWS, in words for the user."""

from __future__ import annotations


class LocalAwsError(Exception):
    """The AWS on this machine cannot do what was asked; the text says why and how to go on."""
