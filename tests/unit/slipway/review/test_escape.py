"""Hostile text stays in its code span, its HTML element and its Mermaid label, as parsers of Markdown see it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from slipway.review.escape import LONGEST, code, code_pair, html_code, mermaid_label, shortened, visible

HOSTILE = st.text(
    alphabet=st.one_of(st.sampled_from("`|<>&*_[]()#@!~\\\"' \n\r\t\u202e\u200b\ud800$"), st.characters())
)
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


def inline(markdown: str) -> list[tuple[str, str]]:
    """The inline tokens of the only list item, and what they hold."""
    blocks = MARKDOWN.parse(f"- {markdown}")
    kinds = [block.type for block in blocks]
    assert kinds == [
        "bullet_list_open", "list_item_open", "paragraph_open", "inline",
        "paragraph_close", "list_item_close", "bullet_list_close",
    ]  # fmt: skip
    return [(token.type, token.content) for token in blocks[3].children or []]


@given(HOSTILE)
def test_a_code_span_holds_the_whole_text_and_nothing_leaves_it(text: str) -> None:
    tokens = inline(f"before {code(text)} after")
    if not text:
        assert tokens == [("text", "before (empty) after")]
        return
    (before, span, after) = tokens
    assert (before, after) == (("text", "before "), ("text", " after"))
    assert span == ("code_inline", shortened(visible(text)))


@given(HOSTILE, HOSTILE)
def test_two_code_spans_do_not_run_into_one_another(old: str, new: str) -> None:
    tokens = inline(f"{code(old)} → {code(new)} end")
    assert sum(kind == "code_inline" for kind, _ in tokens) == bool(old) + bool(new)
    assert {kind for kind, _ in tokens} <= {"code_inline", "text"}


@given(HOSTILE)
def test_visible_text_is_one_line_of_characters_that_can_be_seen_and_encoded(text: str) -> None:
    seen = visible(text)
    assert len(seen.splitlines()) <= 1
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00-\x1f]", seen)
    seen.encode("utf-8")


def test_what_is_not_seen_is_shown_as_an_escape() -> None:
    assert visible("a\nb\u202ec\u200b") == "a\\nb\\u202ec\\u200b"


@given(HOSTILE)
def test_an_html_element_holds_no_other(text: str) -> None:
    element = html_code(text)
    assert re.fullmatch(r"<code>[^<>\n]*</code>", element)
    assert "`" not in element or "`" in text


@given(HOSTILE)
def test_a_label_has_nothing_that_ends_it(text: str) -> None:
    assert re.fullmatch(r"(?:[A-Za-z0-9 _./-]|#\d+;)*", mermaid_label(text))


def test_a_label_names_the_characters_it_replaces() -> None:
    assert mermaid_label('a"]; click') == "a#34;#93;#59; click"


@given(st.text(max_size=1000))
def test_a_long_text_is_shortened(text: str) -> None:
    assert len(shortened(text)) <= LONGEST
    assert shortened(text) == text or "…" in shortened(text)


def test_of_two_long_values_the_place_where_they_differ_is_shown() -> None:
    same = "x" * 500
    old, new = code_pair(f"{same}old", f"{same}new")
    assert old.startswith("`…x")
    assert old.endswith("old`")
    assert new.endswith("new`")


@pytest.mark.parametrize("text", ["@octocat", "https://example.com", "**bold**", "<img src=x>", "a|b"])
def test_markup_is_shown_as_it_is(text: str) -> None:
    assert inline(code(text)) == [("code_inline", text)]
