"""Constituency trees as bracketed text: read, cut to a template, and written as the tokens that a network sees."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_NODES = 400
CLOSE = ")"
_PART = re.compile(r"[()]|[^\s()]+")


@dataclass
class Tree:
    """A node with what is below it.

    Parameters
    ----------
    label
        A tag of the Penn Treebank, such as NP.
    children
        The nodes below it, in order.
    word
        The word of a node without children; None in a template.
    """

    label: str = ""
    children: list["Tree"] = field(default_factory=list)
    word: str | None = None


def read_tree(text: str) -> Tree:
    """Read one tree, such as `(ROOT (S (NP (PRP we)) (VP ) (. .)))`; words may be left out, as in a template.

    Raises
    ------
    ValueError
        The text is no tree; the message says where, in characters from 1.
    """
    root: Tree | None = None
    opened: list[tuple[Tree, int]] = []
    nodes = 0
    for part in _PART.finditer(text):
        found, place = part.group(), part.start() + 1
        if root is not None:
            raise ValueError(f"goes on at character {place}, after the tree has ended")
        if found == "(":
            nodes += 1
            if nodes > MAX_NODES:
                raise ValueError(f"has more than {MAX_NODES} nodes")
            opened.append((Tree(), place))
        elif not opened:
            raise ValueError(f"has {found!r} at character {place}, before any opening bracket")
        elif found == ")":
            root = _close(opened)
        else:
            _name(opened[-1][0], found, place)
    if opened:
        raise ValueError(f"has a bracket at character {opened[-1][1]} that is never closed")
    if root is None:
        raise ValueError("is empty; write a tree such as (ROOT (S (NP ) (VP ) (. )))")
    return root


def _close(opened: list[tuple[Tree, int]]) -> Tree | None:
    """End the innermost node, and return it where it is the whole tree."""
    node, start = opened.pop()
    if not node.label:
        raise ValueError(f"has a bracket without a tag at character {start}")
    if not opened:
        return node
    _add(opened[-1][0], node, start)
    return None


def _add(parent: Tree, child: Tree, place: int) -> None:
    if not parent.label or parent.word is not None:
        raise ValueError(f"has a bracket at character {place} where a tag or the end of a word's node belongs")
    parent.children.append(child)


def _name(node: Tree, text: str, place: int) -> None:
    if not node.label:
        node.label = text
    elif node.children or node.word is not None:
        raise ValueError(f"has {text!r} at character {place}; a node has one word, or other nodes")
    else:
        node.word = text


def cut(tree: Tree, depth: int) -> Tree:
    """Return the template of a tree: its uppermost `depth` levels, without words."""
    children = [cut(child, depth - 1) for child in tree.children] if depth > 1 else []
    return Tree(tree.label, children)


def write_template(tree: Tree) -> str:
    """Return a tree's text without its words, as the requests have it: `(NP (DT ) (NN ))`."""
    return f"({tree.label} {' '.join(write_template(child) for child in tree.children)})"


def words(tree: Tree) -> Iterator[str]:
    """Yield the words of a tree from left to right."""
    if tree.word is not None:
        yield tree.word
    for child in tree.children:
        yield from words(child)


def linearized(tree: Tree) -> list[str]:
    """Return the tree as tokens: `(NP` and `)` around a node's children, `(NN)` for a node without any.

    Words are left out, so that `(NP (DT the) (NN dog))` and `(NP (DT ) (NN ))` are the same four tokens.

    A request's tree may be as deep as it has nodes, so this does not recurse.
    """
    tokens: list[str] = []
    pending: list[Tree | None] = [tree]
    while pending:
        node = pending.pop()
        if node is None:
            tokens.append(CLOSE)
        elif not node.children:
            tokens.append(f"({node.label})")
        else:
            tokens.append(f"({node.label}")
            pending += [None, *reversed(node.children)]
    return tokens
