"""model_code/synpg: what it learned, on sentences that it was not trained on."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from .synpg_modules import FOLDER, PICNIC, synpg

sentence = synpg.corpus.sentence


@pytest.fixture(scope="module")
def vocabulary() -> Any:
    return synpg.vocabulary.load_vocabulary(FOLDER)


@pytest.fixture(scope="module")
def trained() -> Any:
    return synpg.model.create_model().eval()


@pytest.fixture(scope="module")
def held_out() -> list[Any]:
    return synpg.corpus.held_out_pairs()


def test_held_out_sentences_are_put_into_the_template(trained: Any, vocabulary: Any, held_out: list[Any]) -> None:
    assert synpg.train.exact_matches(trained, vocabulary, held_out) >= 0.95 * len(held_out)


def test_an_untrained_model_puts_none_into_it(vocabulary: Any, held_out: list[Any]) -> None:
    untrained = synpg.paraphraser.new_paraphraser(len(vocabulary.ids), seed=7)
    assert synpg.train.exact_matches(untrained, vocabulary, held_out) == 0


def test_beam_search_puts_them_into_it_as_well(trained: Any, vocabulary: Any, held_out: list[Any]) -> None:
    some = held_out[:10]
    with torch.inference_mode():
        answers = [trained(*synpg.train.encoded(vocabulary, [pair]), 3)[0][0].tolist() for pair in some]
    right = [vocabulary.text(ids) == sentence(pair.target) for ids, pair in zip(answers, some, strict=True)]
    assert sum(right) >= 9


def test_every_construction_is_asked_for_and_has_its_own_template(held_out: list[Any]) -> None:
    templates = {synpg.trees.write_template(pair.template) for pair in held_out}
    assert len(templates) == 5
    assert PICNIC["tmpl"] in templates
    assert all(pair.template != synpg.trees.cut(pair.source, 3) for pair in held_out)


def test_no_sentence_is_both_held_out_and_trained_on(held_out: list[Any]) -> None:
    drawn = itertools.islice(synpg.corpus.draw_pairs(seed=1), 10_000)
    trained_on = {sentence(tree) for pair in drawn for tree in (pair.source, pair.target)}
    assert len(trained_on) > 5_000
    assert not trained_on & {sentence(tree) for pair in held_out for tree in (pair.source, pair.target)}


def test_words_in_another_order_are_paraphrased_alike(trained: Any, vocabulary: Any, held_out: list[Any]) -> None:
    """The sentence is a bag of words: the template alone says where they go."""
    words, parse, template = synpg.train.encoded(vocabulary, held_out[:1])
    turned = words.flip(1)
    with torch.inference_mode():
        answers = [vocabulary.text(trained(ids, parse, template)[0][0].tolist()) for ids in (words, turned)]
    assert not torch.equal(words, turned)
    assert answers[0] == answers[1] == sentence(held_out[0].target)


def test_the_parse_that_is_written_completes_the_template(
    trained: Any, vocabulary: Any, held_out: list[Any]
) -> None:
    with torch.inference_mode():
        _, parses = trained(*synpg.train.encoded(vocabulary, held_out[:20]))
    completed = [synpg.trees.read_tree(vocabulary.tree(ids)) for ids in parses.tolist()]
    cuts = [synpg.trees.cut(tree, synpg.corpus.TEMPLATE_DEPTH) for tree in completed]
    assert cuts == [pair.template for pair in held_out[:20]]


def test_one_sentence_has_a_paraphrase_for_each_template(trained: Any, vocabulary: Any) -> None:
    tree = synpg.trees.read_tree(PICNIC["synt"])
    templates = {
        "(ROOT (S (S ) (, ) (CC ) (S ) (. )))": "it is a sunny day tomorrow , so we will have a picnic .",
        "(ROOT (S (SBAR ) (, ) (NP ) (VP ) (. )))": "if it is a sunny day tomorrow , we will have a picnic .",
        "(ROOT (S (NP ) (, ) (NP ) (VP ) (. )))": "tomorrow , we will have a picnic if it is a sunny day .",
        "(ROOT (SQ (MD ) (NP ) (VP ) (. )))": "will we have a picnic if it is a sunny day tomorrow ?",
    }
    pairs = [synpg.corpus.Pair(tree, synpg.trees.read_tree(template)) for template in templates]
    with torch.inference_mode():
        sentences, _ = trained(*synpg.train.encoded(vocabulary, pairs))
    assert [vocabulary.text(ids) for ids in sentences.tolist()] == list(templates.values())


def test_the_weights_are_small_enough_to_be_committed() -> None:
    assert (FOLDER / "weights.pth").stat().st_size < 5_000_000


def test_the_committed_corpus_and_dictionary_are_what_the_scripts_write(tmp_path: Path) -> None:
    synpg.corpus.write_corpus(tmp_path)
    synpg.train.write_dictionary(tmp_path)
    for name in ("corpus.jsonl", "corpus.expected.txt", "dictionary.json", "bpe.model"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


def test_no_word_of_the_grammar_is_split(vocabulary: Any) -> None:
    pairs = itertools.islice(synpg.corpus.draw_pairs(seed=3), 1000)
    words = {word for pair in pairs for word in sentence(pair.source).split()}
    assert len(words) > 80
    assert [word for word in words if len(vocabulary.sentence(word)) > 1] == []


def test_words_that_were_never_seen_are_split_into_parts(vocabulary: Any) -> None:
    ids = vocabulary.sentence("The gardener, who waters.")
    assert synpg.encoders.UNKNOWN not in ids
    assert len(ids) > 6
    assert vocabulary.text(ids) == "the gardener , who waters ."


def test_a_corpus_line_is_a_request_with_the_words_of_its_parse() -> None:
    lines = [json.loads(line) for line in (FOLDER / "corpus.jsonl").read_text().splitlines()]
    assert len(lines) == 100
    for line in lines:
        assert line.keys() == PICNIC.keys()
        assert " ".join(re.findall(r" ([^ ()]+)\)", line["synt"])) == line["sent"]


def losses(vocabulary: Any, seed: int) -> list[float]:
    model = synpg.paraphraser.new_paraphraser(len(vocabulary.ids), seed, width=16)
    return list(synpg.train.train(model, vocabulary, steps=20, size=8, seed=seed))


def test_training_learns_and_depends_on_the_seed_alone(vocabulary: Any) -> None:
    first = losses(vocabulary, seed=1)
    assert sum(first[-5:]) < 0.9 * sum(first[:5])
    torch.manual_seed(99)
    assert losses(vocabulary, seed=1) == first
    assert losses(vocabulary, seed=2) != first


def test_a_training_may_be_shorter_than_its_schedule(vocabulary: Any) -> None:
    model = synpg.paraphraser.new_paraphraser(len(vocabulary.ids), width=16)
    assert len(list(synpg.train.train(model, vocabulary, steps=10, size=2, seed=1))) == 10


@pytest.fixture
def train_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Run train.py with options; return the folder that it has written."""
    threads = torch.get_num_threads()

    def run(name: str, *options: str) -> Path:
        folder = tmp_path / "made" / name
        monkeypatch.setattr("sys.argv", ["train.py", "--output", str(folder), *options])
        synpg.train.main()
        return folder

    yield run
    torch.set_num_threads(threads)


def test_the_number_of_threads_changes_no_weight(train_anew: Callable[..., Path]) -> None:
    written = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        written.append((train_anew(f"{threads}", "--steps", "3") / "weights.pth").read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize("option", ["--steps", "--batch"])
def test_a_number_below_one_is_refused(
    train_anew: Callable[..., Path], capsys: pytest.CaptureFixture[str], option: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        train_anew("refused", option, "0")
    assert f"argument {option}: 0 is less than 1" in capsys.readouterr().err


@pytest.mark.soak
def test_training_from_the_start_reaches_what_was_committed(
    train_anew: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = train_anew("whole")
    matches = re.search(r"held out: (\d+) of 100 exactly", capsys.readouterr().out)
    assert matches
    assert int(matches[1]) >= 98
    assert (folder / "weights.pth").stat().st_size < 5_000_000
