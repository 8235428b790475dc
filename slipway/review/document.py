"""Markdown that fits: what matters the least is left out first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

LIMIT = 65_000
"""Bytes of a document. A GitHub comment takes 65,536 characters, of which a bot that posts it needs a few."""


@dataclass(frozen=True)
class Block:
    """Lines that belong together.

    Parameters
    ----------
    priority
        Blocks of the highest number are cut first.
    before, after
        Lines around the items.
    items
        What can be left out one by one, from the end; each a line, or several.
    whole
        Whether it is nothing without all its items, as a diagram.
    """

    priority: int
    before: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    whole: bool = False
    cut: int = 0

    @property
    def text(self) -> str:
        """The lines, with a note about what was left out."""
        note = [f"- … and {self.cut} more"] if self.cut else []
        return "".join(f"{line}\n" for line in (*self.before, *self.items, *note, *self.after))


def fit(blocks: Sequence[Block], note: str, limit: int = LIMIT) -> str:
    """Put blocks together, and cut as much of the least important ones as has to be.

    Parameters
    ----------
    blocks
        In their order.
    note
        A line at the end, where something was cut.
    limit
        In bytes of UTF-8.
    """
    kept: list[Block | None] = list(blocks)
    order = sorted(range(len(kept)), key=lambda each: (-blocks[each].priority, -_size(blocks[each])))
    total = sum(map(_size, blocks))
    if total <= limit:
        return "".join(block.text for block in blocks)
    room = limit - len(note.encode()) - 1
    for index in order:
        if total <= room:
            break
        block = blocks[index]
        kept[index] = _shortened(block, total - room)
        total -= _size(block) - _size(kept[index])
    return "".join(block.text for block in kept if block) + f"{note}\n"


def _shortened(block: Block, excess: int) -> Block | None:
    """Return a block that is smaller by `excess` bytes at least, or None."""
    if block.whole or not block.items:
        return None
    longest_note = replace(block, items=(), cut=len(block.items))
    room = _size(block) - excess - _size(longest_note)
    sizes = accumulate(len(item.encode()) + 1 for item in block.items)
    fitting = sum(size <= room for size in sizes)
    if not fitting:
        return None
    return replace(block, items=block.items[:fitting], cut=len(block.items) - fitting)


def _size(block: Block | None) -> int:
    return len(block.text.encode()) if block else 0
