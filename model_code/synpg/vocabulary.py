"""The dictionary, and byte-pair encoding: from words and tags to ids, and back to text."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import torch
from encoders import END, PAD, START, UNKNOWN
from sentencepiece import SentencePieceProcessor
from torch import Tensor
from trees import CLOSE

DICTIONARY_FILE = "dictionary.json"
BPE_FILE = "bpe.model"
SPECIAL = {"<pad>": PAD, "<s>": START, "</s>": END, "<unk>": UNKNOWN}
_SPACE = "▁"  # SentencePiece's, before each word
_PUNCTUATION = re.compile(r"([.,;:?!])")


class Vocabulary:
    """Turns text and tags into the ids of the dictionary.

    Parameters
    ----------
    ids
        The dictionary: the id of each token, those of `SPECIAL` first.
    bpe
        Splits words into the parts that the dictionary holds.
    """

    def __init__(self, ids: Mapping[str, int], bpe: SentencePieceProcessor) -> None:
        self.ids = ids
        self.tokens = {number: token for token, number in ids.items()}
        self._bpe = bpe

    def sentence(self, text: str) -> list[int]:
        """Return the ids of a sentence's parts; capitals and the space before punctuation make no difference."""
        return [self.ids.get(part, UNKNOWN) for part in self._bpe.encode(normalized(text), out_type=str)]

    def tags(self, tokens: Iterable[str]) -> list[int]:
        """Return the ids of a linearized tree; a tag that the dictionary does not hold is UNKNOWN."""
        return [self.ids.get(token, UNKNOWN) for token in tokens]

    def unknown_tag(self, tokens: Iterable[str]) -> str | None:
        """Say which tag of a linearized tree the dictionary does not hold, with the nearest; None for none."""
        unknown = next((token for token in tokens if token not in self.ids), None)
        if unknown is None:
            return None
        known = [token for token in self.ids if token.startswith("(")]
        kind = "without nodes below it" if unknown.endswith(CLOSE) else "with nodes below it"
        names = sorted(_name(token) for token in known if token.endswith(CLOSE) == unknown.endswith(CLOSE))
        nearest = difflib.get_close_matches(_name(unknown), names, n=1, cutoff=0.5)
        hint = f"did you mean {nearest[0]}?" if nearest else f"it knows {' '.join(names)}"
        return f"has {_name(unknown)!r} {kind}, as the model was never trained; {hint}"

    def text(self, ids: Sequence[int]) -> str:
        """Return the sentence of ids, up to END."""
        parts = [self.tokens[number] for number in _until_end(ids)]
        return "".join(parts).replace(_SPACE, " ").strip()

    def tree(self, ids: Sequence[int]) -> str:
        """Return the tree of a linearized parse's ids, as text without words."""
        parts = [self.tokens[number] for number in _until_end(ids)]
        return " ".join(parts).replace(f" {CLOSE}", CLOSE)


def normalized(text: str) -> str:
    """Return a sentence as the corpus has them: lower case, a space around punctuation, single spaces."""
    return " ".join(_PUNCTUATION.sub(r" \1 ", text.lower()).split())


def batch(rows: Sequence[Sequence[int]]) -> Tensor:
    """Return rows of ids as one tensor, (rows, longest), filled with PAD."""
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows])


@lru_cache
def load_vocabulary(folder: Path) -> Vocabulary:
    """Read the dictionary and the byte-pair encoding that lie in a folder; each folder is read once."""
    ids = json.loads((folder / DICTIONARY_FILE).read_text(encoding="utf-8"))
    return Vocabulary(ids, SentencePieceProcessor(model_proto=(folder / BPE_FILE).read_bytes()))


def _name(token: str) -> str:
    return token.removeprefix("(").removesuffix(CLOSE)


def _until_end(ids: Sequence[int]) -> list[int]:
    kept = []
    for number in ids:
        if number in {END, PAD}:
            break
        kept.append(number)
    return kept
