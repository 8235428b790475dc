"""The whole model: from a template to a full parse, from the parse and the words to a sentence."""

import torch
from decoding import Writer
from encoders import END, PAD
from torch import Tensor, nn

LONGEST_PARSE = 160
LONGEST_SENTENCE = 80
WIDTH = 96


class Paraphraser(nn.Module):
    """Two networks, one after the other, as the method SynPG has them.

    The parse generator reads the sentence's own parse and completes the template to a parse that has room for
    the same words. The sentence generator takes the words, without their order, and that parse.

    Parameters
    ----------
    tokens
        How many the dictionary holds.
    width
        Of embeddings and states.
    word_dropout
        Of the sentence generator, in training.
    """

    def __init__(self, tokens: int, width: int = WIDTH, word_dropout: float = 0.1) -> None:
        super().__init__()
        # TorchScript reads attributes, but no globals.
        self.pad, self.end = PAD, END
        self.longest_parse, self.longest_sentence = LONGEST_PARSE, LONGEST_SENTENCE
        self.parse_generator = Writer(tokens, width, source_in_order=True)
        self.sentence_generator = Writer(tokens, width, source_in_order=False, word_dropout=word_dropout)

    def forward(self, words: Tensor, parse: Tensor, template: Tensor, beams: int = 1) -> tuple[Tensor, Tensor]:
        """Paraphrase.

        Parameters
        ----------
        words, parse, template
            Ids, (batch, length): the sentence's words, its parse, the template that is asked for.
        beams
            1 decodes greedily; more are for a batch of one.

        Returns
        -------
        tuple[Tensor, Tensor]
            Ids, (batch, length), of the sentence and of the parse that it was given.
        """
        written = self.parse_generator.greedy(parse, template, self.longest_parse)
        full_parse = written.masked_fill(written == self.end, self.pad)
        if beams > 1:
            return self.sentence_generator.beam(words, full_parse, beams, self.longest_sentence), full_parse
        return self.sentence_generator.greedy(words, full_parse, self.longest_sentence), full_parse


def new_paraphraser(tokens: int, seed: int = 0, width: int = WIDTH) -> Paraphraser:
    """Return an untrained model whose weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Paraphraser(tokens, width)
