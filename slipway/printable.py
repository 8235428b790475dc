"""Text that others wrote, such as a container, made fit for a terminal."""

from __future__ import annotations

_KEPT = "\n\t"


def printable(text: str) -> str:
    """Return a text with escapes in place of what a terminal would act on; ends of lines and tabs stay.

    Parameters
    ----------
    text
        Of whatever origin. Escape sequences could clear the screen, or let a line look like another one.
    """
    return "".join(
        character if character.isprintable() or character in _KEPT else character.encode("unicode_escape").decode()
        for character in text
    )
