"""Trains the model on the grammar's pairs, and writes bpe.model, dictionary.json and weights.pth.

python model_code/synpg/train.py [--steps N] [--batch N] [--seed N] [--output FOLDER]

The files in the folder are what it writes without options. The same seed gives the same bytes on the same kind of
processor, with the same PyTorch.
"""

import argparse
import io
import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from corpus import FOLDER, Pair, draw_pairs, held_out_pairs, sentence
from encoders import END, PAD, START
from paraphraser import Paraphraser, new_paraphraser
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer
from torch import Tensor, nn
from trees import linearized
from vocabulary import BPE_FILE, DICTIONARY_FILE, SPECIAL, Vocabulary, batch, load_vocabulary

_SENTENCES_FOR_BPE = 3000
_BPE_PARTS = 300
_LEARNING_RATE = 4e-3
_SHORTEST_SCHEDULE = 20  # steps; of fewer, a tenth is no rise
_WEIGHTS_FILE = "weights.pth"


def main() -> None:
    """Train, say how good it is on sentences that it has not seen, and write the files."""
    parser = argparse.ArgumentParser(description="Trains the paraphraser on a corpus drawn from its grammar.")
    parser.add_argument("--steps", type=_positive, default=700, help="steps of the optimizer (default 700)")
    parser.add_argument("--batch", type=_positive, default=32, help="pairs for each step (default 32)")
    parser.add_argument("--seed", type=int, default=1, help="of weights and corpus (default 1)")
    parser.add_argument("--output", type=Path, default=FOLDER, help="the folder that is written to")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    # Several threads add up in another order than one does, and so round otherwise: the cores must not matter.
    torch.set_num_threads(1)
    write_dictionary(options.output)
    vocabulary = load_vocabulary(options.output)
    model = new_paraphraser(len(vocabulary.ids), options.seed)
    for step, loss in enumerate(train(model, vocabulary, options.steps, options.batch, options.seed), 1):
        if step % 50 == 0 or step == options.steps:
            print(f"step {step}: loss {loss:.4f}", flush=True)  # noqa: T201 - what a command says
    save(model, options.output)
    model.load_state_dict(torch.load(options.output / _WEIGHTS_FILE, weights_only=True))
    pairs = held_out_pairs()
    print(f"held out: {exact_matches(model, vocabulary, pairs)} of {len(pairs)} exactly")  # noqa: T201


def save(model: Paraphraser, folder: Path) -> None:
    """Write the weights as float16, half as large; buffers as they are, since places far back need the digits."""
    buffers = {name for name, _ in model.named_buffers()}
    state = model.state_dict()
    halves = {name: value if name in buffers else value.half() for name, value in state.items()}
    torch.save(halves, folder / _WEIGHTS_FILE)


def write_dictionary(folder: Path) -> None:
    """Learn byte-pair encoding from the corpus, and number its parts and the grammar's tags."""
    pairs = list(itertools.islice(draw_pairs(seed=0), _SENTENCES_FOR_BPE))
    encoding = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter([sentence(pair.source) for pair in pairs]),
        model_writer=encoding,
        model_type="bpe",
        vocab_size=_BPE_PARTS,
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
    )
    (folder / BPE_FILE).write_bytes(encoding.getvalue())
    processor = SentencePieceProcessor(model_proto=encoding.getvalue())
    parts = [processor.id_to_piece(number) for number in range(processor.get_piece_size())]
    trees = (tree for pair in pairs for tree in (pair.target, pair.template))
    tags = sorted({token for tree in trees for token in linearized(tree)})
    tokens = dict.fromkeys([*SPECIAL, *tags, *parts])
    ids = {token: number for number, token in enumerate(tokens)}
    (folder / DICTIONARY_FILE).write_text(json.dumps(ids, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def train(model: Paraphraser, vocabulary: Vocabulary, steps: int, size: int, seed: int) -> Iterator[float]:
    """Train both networks on the same pairs, and yield the sum of their losses after each step."""
    pairs = draw_pairs(seed)
    optimizer = torch.optim.AdamW(model.parameters(), _LEARNING_RATE)
    planned = max(steps, _SHORTEST_SCHEDULE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _LEARNING_RATE, total_steps=planned, pct_start=0.1)
    model.train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for _ in range(steps):
            loss = _loss(model, vocabulary, list(itertools.islice(pairs, size)))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            yield loss.item()
    model.eval()


def encoded(vocabulary: Vocabulary, pairs: Sequence[Pair]) -> tuple[Tensor, Tensor, Tensor]:
    """Return what the model is called with: words, parses and templates of the pairs, (pairs, length) each."""
    words = batch([vocabulary.sentence(sentence(pair.source)) for pair in pairs])
    parses = batch([vocabulary.tags(linearized(pair.source)) for pair in pairs])
    return words, parses, batch([vocabulary.tags(linearized(pair.template)) for pair in pairs])


def exact_matches(model: Paraphraser, vocabulary: Vocabulary, pairs: Sequence[Pair]) -> int:
    """Count the pairs whose paraphrase is, word for word, the one in the construction asked for."""
    with torch.inference_mode():
        sentences, _ = model.eval()(*encoded(vocabulary, pairs))
    wanted = [sentence(pair.target) for pair in pairs]
    return sum(vocabulary.text(ids) == text for ids, text in zip(sentences.tolist(), wanted, strict=True))


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return value


def _loss(model: Paraphraser, vocabulary: Vocabulary, pairs: Sequence[Pair]) -> Tensor:
    words, parses, templates = encoded(vocabulary, pairs)
    full = [vocabulary.tags(linearized(pair.target)) for pair in pairs]
    said = [vocabulary.sentence(sentence(pair.target)) for pair in pairs]
    of_parses = _cross_entropy(model.parse_generator, parses, templates, full)
    return of_parses + _cross_entropy(model.sentence_generator, words, batch(full), said)


def _cross_entropy(network: nn.Module, source: Tensor, template: Tensor, rows: Sequence[Sequence[int]]) -> Tensor:
    given, next_ones = batch([[START, *row] for row in rows]), batch([[*row, END] for row in rows])
    scores = network(source, template, given)
    return nn.functional.cross_entropy(scores.flatten(0, 1), next_ones.flatten(), ignore_index=PAD)


if __name__ == "__main__":
    main()
