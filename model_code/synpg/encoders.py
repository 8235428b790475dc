"""What reads the two inputs: words without their order, tags with it."""

import torch
from torch import Tensor, nn

PAD, START, END, UNKNOWN = range(4)
"""Ids of the dictionary's first tokens: filling, begin, end, and whatever it does not hold."""


class BagEncoder(nn.Module):
    """Encodes each word by itself: their order cannot matter, since nothing here knows it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(width, width)

    def forward(self, embedded: Tensor, padding: Tensor) -> Tensor:
        """Turn embeddings, (batch, words, width), into as many encodings; those of the padding are 0."""
        return torch.tanh(self.layer(embedded)).masked_fill(padding.unsqueeze(-1), 0.0)


class OrderedEncoder(nn.Module):
    """Encodes each token of a sequence with its place and its neighbors, all places at once.

    Sines and cosines of the place, of wavelengths from 1 to 1000 tokens, are added to the embeddings; then come
    convolutions.
    """

    def __init__(self, width: int, layers: int = 2, reach: int = 2) -> None:
        super().__init__()
        speeds = torch.logspace(0, -3, width // 2) * 6.28
        self.register_buffer("speeds", speeds)
        self.layers = nn.ModuleList(nn.Conv1d(width, width, 2 * reach + 1, padding=reach) for _ in range(layers))

    def forward(self, embedded: Tensor, padding: Tensor) -> Tensor:
        """Turn embeddings, (batch, tags, width), into as many encodings; those of the padding are 0."""
        angles = torch.arange(embedded.shape[1], device=embedded.device).unsqueeze(1) * self.speeds
        places = torch.cat([angles.sin(), angles.cos()], dim=-1) * embedded.shape[-1] ** -0.5
        encoded = (embedded + places).masked_fill(padding.unsqueeze(-1), 0.0)
        for layer in self.layers:
            seen = torch.relu(layer(encoded.transpose(1, 2)).transpose(1, 2))
            encoded = (encoded + seen).masked_fill(padding.unsqueeze(-1), 0.0)
        return encoded


class Attention(nn.Module):
    """Looks up, for each state of the decoder, the encodings that fit it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.question = nn.Linear(width, width, bias=False)

    def forward(self, states: Tensor, encoded: Tensor, padding: Tensor) -> Tensor:
        """Return, for states (batch, steps, width), as many means of the encodings, weighted by their fit."""
        fit = torch.bmm(self.question(states), encoded.transpose(1, 2))
        # Of a row that is all padding every weight is the same, where minus infinity would give NaN.
        weights = torch.softmax(fit.masked_fill(padding.unsqueeze(1), -1e9), dim=-1)
        return torch.bmm(weights, encoded)
