from __future__ import annotations

import asyncio
import itertools
import json
import logging

import pytest

from serving.core.messages import Answer
from serving.core.options import Options

MAX_BODY = Options().max_body_bytes


def body_events(*chunks: bytes):
    last = len(chunks) - 1
    return [{"type": "http.request", "body": chunk, "more_body": n != last} for n, chunk in enumerate(chunks)]


class Backend:
    """Answers as it is told to."""

    def __init__(self, outcome=None, *, ready=True):
        self.outcome, self.ready, self.seen = outcome, ready, []

    def is_ready(self):
        return self.ready

    async def answer(self, request):
        self.seen.append(request)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return await self.outcome if asyncio.isfuture(self.outcome) else Answer(b"{}", "application/json")


def test_ping(client):
    answer = client().request("GET", "/ping")
    assert (answer.status, answer.body) == (200, b"")


def test_ping_is_503_when_nothing_would_be_predicted(app_of):
    answer = app_of(Backend(ready=False)).request("GET", "/ping")
    assert answer.status == 503
    assert answer.headers["retry-after"]
    assert answer.reason


def test_a_failed_prediction_leaves_the_next_ones_alone(client):
    served = client("def predict_fn(data, model): return 1 / float(data[0])")
    assert [served.invoke([number]).status for number in (1, 0, 2)] == [200, 500, 200]


def test_a_cancelled_request_is_503(app_of):
    async def cancel():
        backend = Backend(asyncio.get_running_loop().create_future())
        request = asyncio.create_task(app_of(backend).send("POST", "/invocations", b"[1]"))
        while not backend.seen:  # noqa: ASYNC110 - it takes one turn of the loop
            await asyncio.sleep(0)
        request.cancel()
        return await request

    answer = asyncio.run(cancel())
    assert answer.status == 503
    assert "stopping" in answer.reason


def test_a_body_that_does_not_come_in_time_is_408(app_of):
    async def stalled():
        served = app_of(Backend(), request_timeout=0.01)
        return await served.send("POST", "/invocations", receive=asyncio.Event().wait)

    answer = asyncio.run(stalled())
    assert answer.status == 408
    assert "0.01 s" in answer.reason


def test_a_header_that_stands_twice_counts_twice(app_of):
    backend = Backend()
    headers = [(b"accept", b"text/csv"), (b"Accept", b"application/json"), (b"x-a", b"\xfc")]
    app_of(backend).request("POST", "/invocations", b"[1]", raw_headers=headers)
    assert backend.seen[0].headers == {"accept": "text/csv, application/json", "x-a": "ü"}


def test_every_answered_invocation_has_a_line_in_the_log(app_of, capsys, caplog):
    caplog.set_level(logging.INFO)
    app_of(Backend()).invoke("[1, 2]")
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["event"], line["status"], line["bytes_in"], line["bytes_out"]) == ("request", 200, 6, 2)
    assert line["request_id"]
    assert line["milliseconds"]["total"] >= 0
    app_of(Backend(), log_requests=False).invoke("[1, 2]")
    app_of(Backend()).request("GET", "/ping")
    assert capsys.readouterr().out == ""


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


@pytest.mark.parametrize("expect", [{}, {"expect": "100-continue"}], ids=["sent", "held back"])
def test_a_body_that_is_declared_larger_is_refused(client, expect):
    """A client that holds its body back is not asked for it; from another it is taken, but not kept."""
    headers = {"content-length": str(MAX_BODY + 1), **expect}
    events = iter(()) if expect else body_events(b" " * MAX_BODY, b" ")
    answer = client().request("POST", "/invocations", headers=headers, events=events)
    assert answer.status == 413
    assert "6553500" in answer.reason


def test_a_body_without_end_is_not_read_for_ever(client):
    endless = itertools.repeat({"type": "http.request", "body": b" " * MAX_BODY, "more_body": True})
    assert client().request("POST", "/invocations", events=endless).status == 413


def test_a_body_that_turns_out_larger_is_refused(client):
    events = body_events(b" " * MAX_BODY, b" ", b"never kept")
    answer = client().request("POST", "/invocations", events=events)
    assert answer.status == 413
    assert "6553500" in answer.reason


def test_a_content_length_that_is_no_number_is_refused(client):
    assert client().request("POST", "/invocations", headers={"content-length": "many"}).status == 400


def test_a_client_that_goes_away_gets_nothing(client):
    events = [*body_events(b"[", b"")[:1], {"type": "http.disconnect"}]
    assert client().request("POST", "/invocations", events=events).status == 0


def test_a_fault_of_the_server_is_500_without_its_traceback(app_of, caplog):
    answer = app_of(Backend(ZeroDivisionError("secret detail"))).invoke([1])
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
