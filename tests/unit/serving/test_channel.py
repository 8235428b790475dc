from __future__ import annotations

import itertools
import socket
from enum import StrEnum
from http import HTTPStatus

from hypothesis import given, settings
from hypothesis import strategies as st

from serving.channel import ANSWER, Frames, Inbox, frame
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


def taken(most, *sent, rest=b""):
    """All that an inbox gives for groups that have come, and the rest of a stream."""
    server, worker = socket.socketpair()
    with worker:
        with server:
            server.sendall(b"".join(map(frame, sent)) + rest)
        inbox, got = Inbox(worker), []
        while (groups := inbox.take(most)) is not None:
            got.append(groups)
        return got


@settings(derandomize=True, max_examples=30, deadline=None)
@given(st.lists(contents), st.integers(0, 1000))
def test_a_stream_that_ends_early_ends_the_reading(sent, cut):
    whole = frame(sent)
    assert taken(1, sent, rest=whole[: cut % len(whole)]) == [[sent]]


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.integers(1, 8), st.data())
def test_groups_that_have_come_are_taken_together_in_their_order_and_no_more_than_fit(most, data):
    sizes = data.draw(st.lists(st.integers(1, most), max_size=12))
    sent = [[f"{group}.{place}" for place in range(size)] for group, size in enumerate(sizes)]
    got = taken(most, *sent)
    assert [group for groups in got for group in groups] == sent
    assert all(sum(map(len, groups)) <= most for groups in got)
    assert all(sum(map(len, groups)) + len(after[0]) > most for groups, after in itertools.pairwise(got))


def test_an_inbox_waits_for_the_first_group_alone():
    server, worker = socket.socketpair()
    with server, worker:
        inbox = Inbox(worker)
        server.sendall(frame(["a"]))
        assert inbox.take(8) == [["a"]]
        half = frame(["b"])
        server.sendall(frame(["c"]) + half[:5])
        assert inbox.take(8) == [["c"]]
        server.sendall(half[5:])
        assert inbox.take(8) == [["b"]]


def test_an_answer_may_hold_subclasses_of_plain_types():
    class Kind(StrEnum):
        JSON = "application/json"

    answer = Answer(b"{}", Kind.JSON, HTTPStatus.CREATED, {Kind.JSON: Kind.JSON}, {"input": 1.5})
    assert [*Frames().feed(_answer_frame("a", answer))] == [
        (
            *(ANSWER, "a", 201, "application/json"),
            *({"application/json": "application/json"}, b"{}", {"input": 1.5}),
        )
    ]
