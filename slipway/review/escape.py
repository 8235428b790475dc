"""Text of unknown origin, made harmless for GitHub's Markdown and for Mermaid.

Whatever a template, a settings file or a package says goes through here: in a code span nothing is markup, no
`@name` is a mention and no address a link.
"""

from __future__ import annotations

import html
import re
import unicodedata

LONGEST = 160
"""Characters of a value; the JSON has the whole."""

_BACKTICKS = re.compile("`+")
_CONTEXT = 24
_ELLIPSIS = "…"
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of characters that steer, as line ends and bidirectional marks do, or stand for none."""

_LABEL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _./-")
_LONGEST_LABEL = 48


def visible(text: str) -> str:
    """Return text in one line, with escapes in the place of characters that nobody sees."""
    return "".join(_seen(character) for character in text)


def _seen(character: str) -> str:
    if unicodedata.category(character) not in _INVISIBLE:
        return character
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return text with an ellipsis in the place of its middle where it is too long."""
    if len(text) <= longest:
        return text
    tail = longest // 3
    return f"{text[: longest - tail - 1]}{_ELLIPSIS}{text[-tail:]}"


def code(text: str, longest: int = LONGEST) -> str:
    """Return a Markdown code span.

    Source: CommonMark, "Code spans": the fence is longer than any run of backticks inside, and one space on either
    side is not part of it.
    """
    content = shortened(visible(text), longest)
    if not content.strip(" "):
        return f"`{content}`" if content else "(empty)"
    fence = "`" * (max((len(run) for run in _BACKTICKS.findall(content)), default=0) + 1)
    padding = " " if content[0] in "` " or content[-1] in "` " else ""
    return f"{fence}{padding}{content}{padding}{fence}"


def code_pair(old: str, new: str) -> tuple[str, str]:
    """Return two values as code spans; of long ones what they have in common at the start is left out."""
    before, after = visible(old), visible(new)
    start = 0
    if max(len(before), len(after)) > LONGEST:
        limit = min(len(before), len(after))
        while start < limit and before[start] == after[start]:
            start += 1
        start = max(0, start - _CONTEXT)
    prefix = _ELLIPSIS if start else ""
    return code(prefix + before[start:]), code(prefix + after[start:])


def html_code(text: str, longest: int = LONGEST) -> str:
    """Return an HTML code element, for where GitHub reads no Markdown, as in a summary."""
    return f"<code>{html.escape(shortened(visible(text), longest))}</code>"


def mermaid_label(text: str) -> str:
    """Return text for between the quotes of a Mermaid node's label.

    Source: Mermaid, "Flowcharts", *Entity codes to escape characters*.
    """
    short = shortened(text, _LONGEST_LABEL)
    return "".join(character if character in _LABEL else f"#{ord(character)};" for character in short)
