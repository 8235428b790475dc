"""An encoder-decoder with two inputs: what is to be said, and the form that it shall have."""

from typing import NamedTuple

import torch
from encoders import END, PAD, START, UNKNOWN, Attention, BagEncoder, OrderedEncoder
from torch import Tensor, nn

_COPYING_AT_FIRST = 3.0  # of logits; a factor of 20


class Memory(NamedTuple):
    """What the encoders made of a batch, and which of it is padding."""

    source: Tensor
    source_padding: Tensor
    template: Tensor
    template_padding: Tensor
    present: Tensor
    """Which of the dictionary's tokens the source has: (batch, tokens), 1 or 0."""
    reminder: Tensor
    """Both inputs as a whole, for every step: (batch, width)."""


class EncoderDecoder(nn.Module):
    """Writes tokens, one after the other, while it attends to a source and to a template.

    The decoder says how likely each token is next, and how much likelier those of the source are than others:
    of the words that fit the form, the source's are copied.

    Each step has both inputs as a whole beside the token before it. With them in the first state alone, it depends
    on the seed whether the decoder learns to keep in mind which form was asked for.

    Parameters
    ----------
    tokens
        How many the dictionary holds.
    width
        Of embeddings and states, an even number.
    source_in_order
        Whether the source is a sequence; otherwise it is a bag.
    word_dropout
        How often, in training, the decoder does not see the token that it wrote last.
    """

    def __init__(self, tokens: int, width: int, *, source_in_order: bool, word_dropout: float = 0.0) -> None:
        super().__init__()
        # TorchScript reads attributes, but no globals.
        self.pad, self.start, self.end, self.unknown = PAD, START, END, UNKNOWN
        self.word_dropout = word_dropout
        self.embedding = nn.Embedding(tokens, width, padding_idx=PAD)
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        self.source_encoder = OrderedEncoder(width) if source_in_order else BagEncoder(width)
        self.template_encoder = OrderedEncoder(width)
        self.first_state = nn.Linear(2 * width, width)
        self.reminder = nn.Linear(2 * width, width)
        self.decoder = nn.GRU(width, width, batch_first=True)
        self.source_attention = Attention(width)
        self.template_attention = Attention(width)
        self.mixed = nn.Linear(3 * width, width)
        self.scores = nn.Linear(width, tokens)
        # A word that is looked up is thereby nearly said.
        self.scores.weight = self.embedding.weight
        self.copying = nn.Linear(width, 1)
        nn.init.constant_(self.copying.bias, _COPYING_AT_FIRST)

    def forward(self, source: Tensor, template: Tensor, tokens: Tensor) -> Tensor:
        """Return the scores, (batch, steps, tokens), of what follows each of the given tokens; for training."""
        if self.training and self.word_dropout > 0:
            hidden = (torch.rand(tokens.shape, device=tokens.device) < self.word_dropout) & (tokens != self.start)
            tokens = tokens.masked_fill(hidden, self.unknown)
        memory, state = self.encode(source, template)
        return self.decode(tokens, state, memory)[0]

    def encode(self, source: Tensor, template: Tensor) -> tuple[Memory, Tensor]:
        """Encode both inputs, (batch, length) of ids; return them with the decoder's first state."""
        source_padding, template_padding = source == self.pad, template == self.pad
        encoded_source = self.source_encoder(self.embedding(source), source_padding)
        encoded_template = self.template_encoder(self.embedding(template), template_padding)
        largest = [_largest(encoded_source, source_padding), _largest(encoded_template, template_padding)]
        whole = torch.cat(largest, dim=-1)
        state = torch.tanh(self.first_state(whole)).unsqueeze(0)
        present = torch.zeros(source.shape[0], self.embedding.num_embeddings, device=source.device)
        present = present.scatter(1, source, 1.0)
        present[:, self.pad] = 0.0
        return Memory(
            encoded_source, source_padding, encoded_template, template_padding, present, self.reminder(whole)
        ), state

    def decode(self, tokens: Tensor, state: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Return the scores of what follows each token, (batch, steps, tokens), and the state after the last."""
        states, last = self.decoder(self.embedding(tokens) + memory.reminder.unsqueeze(1), state)
        said = self.source_attention(states, memory.source, memory.source_padding)
        form = self.template_attention(states, memory.template, memory.template_padding)
        mixed = torch.tanh(self.mixed(torch.cat([states, said, form], dim=-1)))
        copied = nn.functional.softplus(self.copying(mixed)) * memory.present.unsqueeze(1)
        return self.scores(mixed) + copied, last


def _largest(encoded: Tensor, padding: Tensor) -> Tensor:
    """Return the largest value of each feature, which one token of many can set; 0 where all is padding."""
    largest = encoded.masked_fill(padding.unsqueeze(-1), -1e9).amax(dim=1)
    return largest.masked_fill(padding.all(dim=1, keepdim=True), 0.0)
