"""Writes with an encoder-decoder: the likeliest token at every step, or the likeliest of several sequences."""

import torch
from encoder_decoder import EncoderDecoder, Memory
from torch import Tensor


class Writer(EncoderDecoder):
    """An encoder-decoder that decodes inside of TorchScript."""

    @torch.jit.export
    def greedy(self, source: Tensor, template: Tensor, longest: int) -> Tensor:
        """Write the likeliest token at every step.

        Returns
        -------
        Tensor
            Ids, (batch, at most `longest`): each row ends with END, where it ends in time, and PAD.
        """
        memory, state = self.encode(source, template)
        token = torch.full((source.shape[0], 1), self.start, dtype=torch.long, device=source.device)
        ended = torch.zeros_like(token, dtype=torch.bool)
        written: list[Tensor] = []
        for _ in range(longest):
            likely, state = self._next(token, state, memory)
            token = likely.argmax(dim=-1, keepdim=True).masked_fill(ended, self.pad)
            written.append(token)
            ended = ended | (token == self.end)
            if bool(ended.all()):
                break
        return torch.cat(written, dim=1)

    @torch.jit.export
    def beam(self, source: Tensor, template: Tensor, beams: int, longest: int) -> Tensor:
        """Keep the `beams` likeliest sequences at every step; the likeliest by token wins.

        Parameters
        ----------
        source, template
            Of one request: (1, length).
        beams
            How many sequences; 1 is greedy decoding.
        longest
            Tokens at most.

        Returns
        -------
        Tensor
            Ids, (1, at most `longest`), which end with END and PAD as those of `greedy`.
        """
        memory, state = self.encode(source.expand(beams, -1), template.expand(beams, -1))
        written = torch.full((beams, 1), self.start, dtype=torch.long, device=source.device)
        # All beams are the same at first: but one of them would only repeat it.
        total = torch.full((beams,), float("-inf"), device=source.device)
        total[0] = 0.0
        ended = torch.zeros(beams, dtype=torch.bool, device=source.device)
        for _ in range(longest):
            likely, state = self._next(written[:, -1:], state, memory)
            # A sequence that has ended goes on as it is, at no cost.
            likely = likely.masked_fill(ended.unsqueeze(1), float("-inf"))
            likely[:, self.pad] = torch.where(ended, 0.0, float("-inf"))
            total, place = (total.unsqueeze(1) + likely).flatten().topk(beams)
            kept = place.div(likely.shape[1], rounding_mode="floor")
            token = place.remainder(likely.shape[1])
            written = torch.cat([written[kept], token.unsqueeze(1)], dim=1)
            state = state[:, kept].contiguous()
            ended = ended[kept] | (token == self.end)
            if bool(ended.all()):
                break
        best = int((total / (written != self.pad).sum(dim=1)).argmax())
        return written[best : best + 1, 1:]

    def _next(self, token: Tensor, state: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Return the logarithms of the next token's probabilities, (batch, tokens), and the state after it."""
        scores, state = self.decode(token, state, memory)
        scores = scores[:, -1]
        scores[:, self.pad] = float("-inf")
        scores[:, self.start] = float("-inf")
        return torch.log_softmax(scores, dim=-1), state
