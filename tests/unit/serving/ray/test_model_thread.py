"""The thread that the model of a replica lives on."""

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from serving.core.messages import Answer, Request
from serving.ray.model_thread import ModelThread

_DEADLINE = 10.0  # seconds


class Responder:
    """Answers with the request's own body, and remembers what was taken together.

    Parameters
    ----------
    batch_size
        As of the real one.
    """

    def __init__(self, batch_size: int = 1) -> None:
        self.batch_size = batch_size
        self.batches: list[list[bytes]] = []
        self.threads: set[int] = {threading.get_ident()}
        self.entered = threading.Event()
        self.go_on = threading.Event()

    def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Answer]]:
        self.threads.add(threading.get_ident())
        self.batches.append([request.body for request in requests])
        for place, request in enumerate(requests):
            if request.body == b"wait":
                self.entered.set()
                assert self.go_on.wait(_DEADLINE)
            if request.body == b"raise":
                raise RuntimeError("broken")
            yield place, Answer(request.body, "text/plain")


Start = Callable[..., tuple[ModelThread, Responder]]


@pytest.fixture
def start() -> Start:
    def make(batch_size: int = 1) -> tuple[ModelThread, Responder]:
        made: list[Responder] = []

        def load() -> Responder:
            made.append(Responder(batch_size))
            return made[0]

        return ModelThread(load), made[0]

    return make


def test_the_model_is_loaded_and_called_on_one_thread_of_its_own(start: Start) -> None:
    thread, responder = start()

    assert thread.submit(Request(b"1")).result(_DEADLINE).body == b"1"
    assert responder.threads != {threading.get_ident()}
    assert len(responder.threads) == 1


def test_what_waits_is_taken_together_up_to_the_batch(start: Start) -> None:
    thread, responder = start(batch_size=3)
    first = thread.submit(Request(b"wait"))
    assert responder.entered.wait(_DEADLINE)
    others = [thread.submit(Request(b"%d" % number)) for number in range(4)]
    responder.go_on.set()

    assert [future.result(_DEADLINE).body for future in (first, *others)] == [b"wait", b"0", b"1", b"2", b"3"]
    assert responder.batches == [[b"wait"], [b"0", b"1", b"2"], [b"3"]]


def test_a_cancelled_request_never_reaches_the_model(start: Start) -> None:
    thread, responder = start(batch_size=2)
    thread.submit(Request(b"wait"))
    assert responder.entered.wait(_DEADLINE)
    gone, stays = thread.submit(Request(b"gone")), thread.submit(Request(b"stays"))
    assert gone.cancel()
    responder.go_on.set()

    assert stays.result(_DEADLINE).body == b"stays"
    assert responder.batches == [[b"wait"], [b"stays"]]


def test_an_error_reaches_those_without_an_answer_and_the_thread_lives_on(start: Start) -> None:
    thread, responder = start(batch_size=3)
    thread.submit(Request(b"wait"))
    assert responder.entered.wait(_DEADLINE)
    futures = [thread.submit(Request(body)) for body in (b"fine", b"raise", b"late")]
    responder.go_on.set()

    assert futures[0].result(_DEADLINE).body == b"fine"
    for future in futures[1:]:
        with pytest.raises(RuntimeError, match="broken"):
            future.result(_DEADLINE)
    assert thread.is_alive()
    assert thread.submit(Request(b"after")).result(_DEADLINE).body == b"after"


def test_how_long_the_model_is_busy_is_told(start: Start) -> None:
    thread, responder = start()
    assert thread.busy_for() == 0
    answer = thread.submit(Request(b"wait"))
    assert responder.entered.wait(_DEADLINE)

    earlier = thread.busy_for()
    assert thread.busy_for() > earlier > 0
    responder.go_on.set()
    answer.result(_DEADLINE)
    thread.submit(Request(b"next")).result(_DEADLINE)
    assert thread.busy_for() < _DEADLINE


def test_a_model_that_cannot_be_loaded_says_why() -> None:
    def load() -> Responder:
        raise ValueError("no weights")

    with pytest.raises(ValueError, match="no weights"):
        ModelThread(load)
