"""The corpus: sentences with their parses, each with a paraphrase and its parse, drawn from the grammar by a seed.

    python model_code/synpg/corpus.py        # writes corpus.jsonl, 100 sentences that train.py never sees

Its lines are requests, as `slipway invoke --file` sends them; what is expected lies in corpus.expected.txt.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grammar import constructions, draw_meaning
from trees import Tree, cut, read_tree, words, write_template

FOLDER = Path(__file__).resolve().parent
TEMPLATE_DEPTH = 3
"""Levels of a template: ROOT, the sentence, and its parts."""

_WRITTEN = 100


@dataclass(frozen=True)
class Pair:
    """A sentence's tree, and that of its paraphrase in another construction."""

    source: Tree
    target: Tree

    @property
    def template(self) -> Tree:
        """What a request asks for."""
        return cut(self.target, TEMPLATE_DEPTH)

    @property
    def request(self) -> dict[str, str]:
        """The request."""
        return {
            "sent": sentence(self.source),
            "synt": bracketed(self.source),
            "tmpl": write_template(self.template),
        }


def draw_pairs(seed: int, *, held_out: bool = False) -> Iterator[Pair]:
    """Draw pairs without end; no meaning is both held out and trained on."""
    numbers = random.Random(seed)  # noqa: S311 - no secret
    while True:
        meaning = draw_meaning(numbers)
        if meaning.held_out == held_out:
            source, target = numbers.sample(list(constructions(meaning).values()), 2)
            yield Pair(read_tree(source), read_tree(target))


def sentence(tree: Tree) -> str:
    """Return the sentence of a tree, with spaces around punctuation."""
    return " ".join(words(tree))


def bracketed(tree: Tree) -> str:
    """Return the text of a tree with its words."""
    inside = tree.word if tree.word is not None else " ".join(map(bracketed, tree.children))
    return f"({tree.label} {inside})"


def held_out_pairs() -> list[Pair]:
    """Return the pairs of corpus.jsonl."""
    pairs = draw_pairs(seed=2, held_out=True)
    return [next(pairs) for _ in range(_WRITTEN)]


def write_corpus(folder: Path = FOLDER) -> None:
    """Write the held-out requests, and what is expected of them, one a line."""
    pairs = held_out_pairs()
    requests = "".join(json.dumps(pair.request) + "\n" for pair in pairs)
    (folder / "corpus.jsonl").write_text(requests, encoding="utf-8")
    expected = "".join(sentence(pair.target) + "\n" for pair in pairs)
    (folder / "corpus.expected.txt").write_text(expected, encoding="utf-8")


if __name__ == "__main__":
    write_corpus()
