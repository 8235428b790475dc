from __future__ import annotations

import asyncio
import sys
from concurrent.futures import Future

import pytest

from serving.app import MAX_BODY, App

WAITING = """
    import threading
    started, release = threading.Event(), threading.Event()
    def model_fn(model_dir): return "model"
    def predict_fn(data, model):
        started.set()
        assert release.wait(60)
        return {"model": model}
"""


def body_events(*chunks: bytes):
    last = len(chunks) - 1
    return [{"type": "http.request", "body": chunk, "more_body": n != last} for n, chunk in enumerate(chunks)]


def test_ping(client):
    answer = client().request("GET", "/ping")
    assert (answer.status, answer.body) == (200, b"")


def test_ping_answers_during_a_prediction(client):
    served = client(WAITING)
    handler = sys.modules["inference"]

    async def ping_meanwhile():
        prediction = asyncio.create_task(served.send("POST", "/invocations", b"[1]"))
        assert await asyncio.to_thread(handler.started.wait, 60)
        ping = await asyncio.wait_for(served.send("GET", "/ping"), 2)
        assert not prediction.done()
        handler.release.set()
        return ping, await prediction

    try:
        ping, prediction = asyncio.run(ping_meanwhile())
    finally:
        handler.release.set()
    assert ping.status == 200
    assert prediction.json() == {"model": "model"}


def test_ping_is_503_when_nothing_would_be_predicted(client):
    class Ended:
        def is_alive(self):
            return False

    served = client()
    answer = type(served)(App(Ended())).request("GET", "/ping")
    assert answer.status == 503
    assert answer.reason


def test_predictions_run_one_at_a_time(client):
    code = """
        import threading
        barrier, overlapped = threading.Barrier(2), []
        def model_fn(model_dir): return None
        def predict_fn(data, model):
            try:
                barrier.wait(0.1)
                overlapped.append(data)
            except threading.BrokenBarrierError:
                barrier.reset()
            return {"overlapped": len(overlapped)}
    """
    served = client(code)

    async def several():
        return await asyncio.gather(*(served.send("POST", "/invocations", b"[1]") for _ in range(4)))

    assert [answer.json() for answer in asyncio.run(several())] == [{"overlapped": 0}] * 4


def test_a_failed_prediction_leaves_the_next_ones_alone(client):
    served = client("def predict_fn(data, model): return 1 / float(data[0])")
    assert [served.invoke([number]).status for number in (1, 0, 2)] == [200, 500, 200]


def test_a_cancelled_request_is_503(client):
    served = client(WAITING)
    handler = sys.modules["inference"]

    async def cancel():
        prediction = asyncio.create_task(served.send("POST", "/invocations", b"[1]"))
        assert await asyncio.to_thread(handler.started.wait, 60)
        prediction.cancel()
        return await prediction

    try:
        answer = asyncio.run(cancel())
    finally:
        handler.release.set()
    assert answer.status == 503
    assert "stopping" in answer.reason


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/", 404, None),
        ("GET", "/ping/", 404, None),
        ("POST", "/invocations/x", 404, None),
        ("POST", "/ping", 405, "GET"),
        ("GET", "/invocations", 405, "POST"),
    ],
)
def test_other_paths_and_methods(client, method, path, status, allow):
    answer = client().request(method, path)
    assert (answer.status, answer.headers.get("allow")) == (status, allow)
    assert path in answer.reason


def test_a_body_in_chunks(client):
    events = body_events(b"[[0,0,0,0,0,", b"", b"0,0,0,0,0]]")
    assert client().request("POST", "/invocations", events=events).status == 200


def test_a_body_as_large_as_allowed_is_read(client):
    body = b"[[0,0,0,0,0,0,0,0,0,0]]".ljust(MAX_BODY)
    assert client().request("POST", "/invocations", body, {"content-length": str(MAX_BODY)}).status == 200


def test_a_body_that_is_declared_larger_is_refused_unread(client):
    answer = client().request(
        "POST", "/invocations", headers={"content-length": str(MAX_BODY + 1)}, events=iter(())
    )
    assert answer.status == 413
    assert "6553500" in answer.reason


def test_a_body_that_turns_out_larger_is_refused(client):
    events = body_events(b" " * MAX_BODY, b" ", b"never read")
    answer = client().request("POST", "/invocations", events=events)
    assert answer.status == 413
    assert "6553500" in answer.reason


def test_a_content_length_that_is_no_number_is_refused(client):
    assert client().request("POST", "/invocations", headers={"content-length": "many"}).status == 400


def test_a_client_that_goes_away_gets_nothing(client):
    events = [*body_events(b"[", b"")[:1], {"type": "http.disconnect"}]
    assert client().request("POST", "/invocations", events=events).status == 0


def test_a_fault_of_the_server_is_500_without_its_traceback(client, caplog):
    class Broken:
        def is_alive(self):
            return True

        def submit(self, request):
            future = Future()
            future.set_exception(ZeroDivisionError("secret detail"))
            return future

    answer = type(client())(App(Broken())).invoke([1])
    assert answer.status == 500
    assert "secret" not in answer.reason
    assert "log" in answer.reason
    assert isinstance(caplog.records[-1].exc_info[1], ZeroDivisionError)


def test_a_content_type_cannot_add_headers(client):
    code = r"""
        def output_fn(prediction, accept): return "a", "text/plain\r\nset-cookie: a"
    """
    answer = client(code).invoke([[0] * 10])
    assert answer.content_type == "text/plain set-cookie: a"
