"""model_code/synpg: the encoders, and greedy and beam decoding, in torch and in TorchScript."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from .synpg_modules import synpg

A, B, C, D = range(4, 8)
TOKENS = 8
END, PAD = synpg.encoders.END, synpg.encoders.PAD


class Table(synpg.decoding.Writer):  # type: ignore[name-defined,misc]
    """Writes by a table: what is probable after each token."""

    AFTER: ClassVar = {
        synpg.encoders.START: {A: 0.6, B: 0.4},
        A: {C: 0.5, D: 0.5},
        B: {C: 0.95, D: 0.05},
        C: {END: 1.0},
        D: {END: 1.0},
        END: {END: 1.0},
    }

    def __init__(self) -> None:
        super().__init__(TOKENS, 4, source_in_order=False)

    def decode(self, tokens: Tensor, state: Tensor, memory: Any) -> tuple[Tensor, Tensor]:
        scores = torch.full((*tokens.shape, TOKENS), -1e9)
        for row, token in enumerate(tokens[:, -1].tolist()):
            for number, probability in self.AFTER.get(token, {END: 1.0}).items():
                scores[row, -1, number] = torch.tensor(probability).log()
        return scores, state


IDS = torch.tensor([[A]])


def test_greedy_decoding_takes_the_likeliest_token_at_every_step() -> None:
    assert Table().greedy(IDS, IDS, 9).tolist() in [[[A, C, END]], [[A, D, END]]]


def test_a_beam_finds_the_likelier_sequence_that_begins_with_a_less_likely_token() -> None:
    assert Table().beam(IDS, IDS, 2, 9).tolist() == [[B, C, END]]


@pytest.mark.parametrize("longest", [1, 2])
def test_what_does_not_end_in_time_is_cut(longest: int) -> None:
    assert Table().greedy(IDS, IDS, longest).shape == (1, longest)
    assert Table().beam(IDS, IDS, 2, longest).shape == (1, longest)


@pytest.fixture(scope="module")
def writers() -> tuple[Any, Any]:
    """The same untrained network in torch and in TorchScript."""
    torch.manual_seed(3)
    writer = synpg.decoding.Writer(TOKENS, 16, source_in_order=False).eval()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        return writer, torch.jit.script(writer)


@pytest.mark.parametrize("beams", [1, 2, 5])
def test_torchscript_decodes_as_torch_does(writers: tuple[Any, Any], beams: int) -> None:
    source, template = torch.tensor([[A, B, C]]), torch.tensor([[D, A]])
    with torch.inference_mode():
        beam = [writer.beam(source, template, beams, 12).tolist() for writer in writers]
        greedy = [writer.greedy(source, template, 12).tolist() for writer in writers]
    assert beam[0] == beam[1]
    assert greedy[0] == greedy[1]
    if beams == 1:
        assert beam == greedy


def test_the_words_are_a_bag_and_the_template_is_in_order(writers: tuple[Any, Any]) -> None:
    """Other orders of the words have the same encodings, which move with them; those of a template change."""
    order = [2, 0, 1]
    words = torch.tensor([[A, B, C]])
    with torch.inference_mode():
        memory, state = writers[0].encode(words, words)
        other, other_state = writers[0].encode(words[:, order], words)
        turned, _ = writers[0].encode(words, words[:, order])
    assert torch.equal(other.source, memory.source[:, order])
    torch.testing.assert_close(other_state, state)
    assert not torch.allclose(turned.template, memory.template[:, order])


def test_padding_changes_nothing(writers: tuple[Any, Any]) -> None:
    """A request is answered alike alone and in a batch with longer ones."""
    short, long = torch.tensor([[A, B]]), torch.tensor([[D, C, B, A, C]])
    padded = torch.tensor([[A, B, PAD, PAD, PAD]])
    with torch.inference_mode():
        alone = writers[0](short, short, short)
        together = writers[0](torch.cat([padded, long]), torch.cat([long, padded]).flip(0), short.expand(2, -1))
    torch.testing.assert_close(together[:1], alone)


def test_a_token_that_the_source_has_is_likelier_to_be_written() -> None:
    """Copying: the scores of the source's tokens rise together, those of all others stay."""
    torch.manual_seed(3)
    writer = synpg.decoding.Writer(TOKENS, 16, source_in_order=False).eval()
    source, template = torch.tensor([[A, B, PAD]]), torch.tensor([[D, A]])
    with torch.inference_mode():
        memory, state = writer.encode(source, template)
        scores, _ = writer.decode(IDS, state, memory)
        without, _ = writer.decode(IDS, state, memory._replace(present=torch.zeros_like(memory.present)))
    raised = (scores - without)[0, 0]
    assert raised[A] > 0
    torch.testing.assert_close(raised[A], raised[B])
    assert not raised[[PAD, synpg.encoders.START, END, C, D]].any()
