from __future__ import annotations

import io
from enum import StrEnum
from http import HTTPStatus

from hypothesis import given, settings
from hypothesis import strategies as st

from serving.channel import ANSWER, Frames, frame, read_frame
from serving.core.messages import Answer
from serving.worker import _answer_frame

contents = st.recursive(
    st.binary() | st.text() | st.integers() | st.floats(allow_nan=False) | st.none(), st.lists, max_leaves=8
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(contents, max_size=5), st.lists(st.integers(1, 40), min_size=1))
def test_frames_come_whole_however_they_are_cut(sent, cuts):
    stream = b"".join(map(frame, sent))
    frames, got, place, turn = Frames(), [], 0, 0
    while place < len(stream):
        size = cuts[turn % len(cuts)]
        got += frames.feed(stream[place : place + size])
        place, turn = place + size, turn + 1
    assert got == sent


@settings(derandomize=True, max_examples=30, deadline=None)
@given(contents, st.integers(0, 1000))
def test_a_stream_that_ends_early_ends_the_reading(sent, cut):
    whole = frame(sent)
    stream = io.BytesIO(whole + whole[: cut % len(whole)])
    assert read_frame(stream) == sent
    assert read_frame(stream) is None


def test_an_answer_may_hold_subclasses_of_plain_types():
    class Kind(StrEnum):
        JSON = "application/json"

    answer = Answer(b"{}", Kind.JSON, HTTPStatus.CREATED, {Kind.JSON: Kind.JSON}, {"input": 1.5})
    assert read_frame(io.BytesIO(_answer_frame("a", answer))) == (
        *(ANSWER, "a", 201, "application/json"),
        *({"application/json": "application/json"}, b"{}", {"input": 1.5}),
    )
