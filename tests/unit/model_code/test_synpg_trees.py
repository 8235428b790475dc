"""model_code/synpg: bracketed constituency trees and templates, read and linearized."""

from __future__ import annotations

import pytest

from .synpg_modules import PICNIC, synpg

read_tree, linearized = synpg.trees.read_tree, synpg.trees.linearized


def test_a_template_is_read_and_written_again() -> None:
    assert synpg.trees.write_template(read_tree(PICNIC["tmpl"])) == PICNIC["tmpl"]


def test_a_parse_holds_the_sentence_whose_words_a_linearized_one_leaves_out() -> None:
    tree = read_tree("(ROOT (S (NP (PRP she)) (VP (VBZ sings)) (. .)))")
    assert list(synpg.trees.words(tree)) == ["she", "sings", "."]
    tokens = ["(ROOT", "(S", "(NP", "(PRP)", ")", "(VP", "(VBZ)", ")", "(.)", ")", ")"]
    assert linearized(tree) == tokens


def test_the_parse_of_the_document_holds_its_sentence() -> None:
    sentence = " ".join(synpg.trees.words(read_tree(PICNIC["synt"])))
    assert sentence == synpg.vocabulary.normalized(PICNIC["sent"])


@pytest.mark.parametrize(
    ("depth", "template"),
    [(1, "(S )"), (2, "(S (NP ) (VP ))"), (3, "(S (NP (PRP )) (VP (VBZ )))"), (9, "(S (NP (PRP )) (VP (VBZ )))")],
)
def test_a_template_is_the_upper_part_of_a_tree(depth: int, template: str) -> None:
    tree = read_tree("(S (NP (PRP she)) (VP (VBZ sings)))")
    assert synpg.trees.write_template(synpg.trees.cut(tree, depth)) == template


def test_white_space_makes_no_difference() -> None:
    assert read_tree(" ( S(NP  (PRP\tshe ))\n(VP )) ") == read_tree("(S (NP (PRP she)) (VP ))")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("S", "has 'S' at character 1, before any opening bracket"),
        (")", "has ')' at character 1, before any opening bracket"),
        ("(S (NP )", "has a bracket at character 1 that is never closed"),
        ("(S (NP", "has a bracket at character 4 that is never closed"),
        ("(S ) (S )", "goes on at character 6, after the tree has ended"),
        ("(S ()) ", "has a bracket without a tag at character 4"),
        ("((S ))", "has a bracket at character 2 where a tag"),
        ("(NP dog (NN ))", "has a bracket at character 9 where a tag"),
        ("(NP the dog)", "has 'dog' at character 9; a node has one word, or other nodes"),
        ("(NP (NN ) dog)", "has 'dog' at character 11; a node has one word, or other nodes"),
        ("(S " * 401 + ")" * 401, "has more than 400 nodes"),
    ],
    ids=range(13),
)
def test_what_is_no_tree_is_refused_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"^.+$") as caught:
        read_tree(text)
    assert str(caught.value).startswith(reason)


def test_a_tree_may_be_as_deep_as_it_has_nodes() -> None:
    assert linearized(read_tree("(S " * 400 + ")" * 400)) == ["(S"] * 399 + ["(S)"] + [")"] * 399
