"""The server with a real worker process: killed, stuck, flooded."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager

import psutil
import pytest

HANDLER = """
    import json, os
    def model_fn(model_dir):
        if os.path.exists({held!r}):
            open({held!r}).read()
    def predict_fn(data, model):
        if data == "wait":
            print("waiting", flush=True)
            with open({release!r}) as release:
                release.read()
        while data == "spin":
            pass
        return os.getpid()
    def input_fn(body, content_type): return json.loads(body)
"""


@pytest.fixture
def served(server, model_dir, tmp_path):
    """A server: `release` ends the request "wait"; `held`, once it is a pipe, holds the load of the model up."""
    release, held = tmp_path / "release", tmp_path / "held"
    os.mkfifo(release)

    def start(**options):
        code = HANDLER.format(release=str(release), held=str(held))
        started = server(model_dir(code, settings={"serving": options}), "--port", "0").wait_ready()
        started.release, started.held = release, held
        return started

    return start


def ask(started, content="pid"):
    return started.request("POST", "/invocations", json.dumps(content).encode())


def ask_until(started, wanted):
    """Ask until the answer has a status; /ping says the same as soon as it may."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if (answer := ask(started)).status == wanted:
            return answer
        assert answer.status == 503, answer.body
    return pytest.fail(f"no {wanted}")


def test_a_killed_worker_costs_only_what_is_in_flight_and_is_replaced(served):
    started = served(log_requests=False)  # nobody reads the lines of requests, and a full pipe holds the server up
    first = ask(started).json()
    stop = threading.Event()

    def keep_asking():
        answers = []
        while not stop.is_set():
            answers.append(ask(started))
        return answers

    with ThreadPoolExecutor(16) as pool:
        clients = [pool.submit(keep_asking) for _ in range(16)]
        try:
            os.kill(first, signal.SIGKILL)
            assert started.wait_event("worker_ended")["status"] == -signal.SIGKILL
            second = ask_until(started, 200).json()
        finally:
            stop.set()
        answers = [answer for client in clients for answer in client.result(60)]
    assert second != first
    refused = [answer for answer in answers if answer.status != 200]
    assert len(refused) <= 1, "a lone worker is at one request at a time"
    assert all(answer.status == 503 and "ended during" in answer.reason for answer in refused)
    assert {answer.json() for answer in answers if answer.status == 200} <= {first, second}
    assert started.request("GET", "/ping").status == 200


def test_what_a_killed_worker_was_at_is_an_explicit_503_and_ping_tells_the_truth(served):
    started = served()
    worker = ask(started).json()
    with ThreadPoolExecutor() as pool:
        lost = pool.submit(ask, started, "wait")
        assert "waiting\n" in started.lines()
        assert started.request("GET", "/ping").status == 200
        os.mkfifo(started.held)
        os.kill(worker, signal.SIGKILL)
        answer = lost.result(60)
    assert answer.status == 503
    assert answer.headers["retry-after"]
    assert started.request("GET", "/ping").status == 503
    started.held.write_text("the next worker may load the model now")
    assert ask(started).json() != worker
    assert started.request("GET", "/ping").status == 200


BATCHED = """
    def model_fn(model_dir): return None
    def predict_fn(data, model):
        kind = int(data.min())
        if kind < 0:
            print("alone" if kind == -1 else f"{{len(data)}} together", flush=True)
            with open({release!r}) as release:
                release.read()
        return data
"""


@contextmanager
def sent(started, *contents):
    """Connections on which a request each has come to the server."""
    with ExitStack() as stack:
        connections = []
        for content in contents:
            connection = http.client.HTTPConnection("127.0.0.1", started.port, timeout=60)
            stack.callback(connection.close)
            headers = {"Content-Type": "application/json", "Accept": "application/json"}
            connection.request("POST", "/invocations", json.dumps(content), headers)
            connections.append(connection)
        # what came earlier was read earlier, in a turn of the event loop that is over with the second answer
        for _ in range(2):
            assert started.request("GET", "/ping").status == 200
        yield connections


def test_what_came_while_the_model_was_busy_is_taken_together_and_fails_together(server, model_dir, tmp_path):
    release = tmp_path / "release"
    os.mkfifo(release)
    code = BATCHED.format(release=str(release))
    started = server(model_dir(code, settings={"serving": {"batch": {"max_size": 3}}}), "--port", "0").wait_ready()
    [first] = psutil.Process(started.process.pid).children()
    lines = started.lines()
    with sent(started, [[-1.0, 0.0]]) as [alone]:
        assert "alone\n" in lines
        with sent(started, [[-2.0, 0.0]], [[5.0, 6.0]], [[7.0, 8.0]], [[9.0, 10.0]]) as [*together, later]:
            release.write_text("go on")
            assert alone.getresponse().status == 200
            assert "3 together\n" in lines
            first.kill()
            assert [connection.getresponse().status for connection in together] == [503] * 3
            answer = later.getresponse()
            assert (answer.status, json.loads(answer.read())) == (200, [[9.0, 10.0]])


# A prediction takes as many seconds as the first number says.
SLOW = """
    def model_fn(model_dir): return []
    def predict_fn(data, model):
        import time
        time.sleep(float(data[0][0]))
        model.append(len(data[0]))
        print("predicted", len(data[0]), flush=True)
        return data
"""


def test_a_worker_that_answers_one_after_another_is_not_stuck_and_predicts_for_nobody_that_is_gone(
    server, model_dir
):
    settings = {"serving": {"batch": {"max_size": 8}, "request_timeout": 2}}
    started = server(model_dir(SLOW, settings=settings), "--port", "0").wait_ready()
    [worker] = psutil.Process(started.process.pid).children()
    rows = [[[0.4] * (size + 2)] for size in range(8)]  # of shapes that do not stack
    with sent(started, *rows) as connections:
        statuses = [connection.getresponse().status for connection in connections]
        assert statuses[:2] == [200, 200]
        assert set(statuses[2:]) <= {200, 503, 504}
        assert statuses[-1] != 200
    assert [child.pid for child in psutil.Process(started.process.pid).children()] == [worker.pid]


def test_a_request_whose_client_heard_no_is_not_predicted(server, model_dir):
    started = server(model_dir(SLOW, settings={"serving": {"request_timeout": 2}}), "--port", "0").wait_ready()
    lines = started.lines()
    with sent(started, [[1.0] * 2], [[1.8] * 3], [[0.0] * 4]) as connections:
        statuses = [connection.getresponse().status for connection in connections]
    assert statuses[0] == 200
    assert statuses[2] == 503
    while ask(started, [[0.0] * 5]).status != 200:
        pass  # the second one, whose client heard no while it ran, is still predicted
    predicted = []
    for line in lines:
        if line.startswith("predicted"):
            predicted.append(int(line.split()[1]))
            if predicted[-1] == 5:
                break
    assert 4 not in predicted


def test_a_stuck_prediction_is_504_and_the_next_ones_are_answered(served):
    started = served(request_timeout=1)
    answer = ask(started, "spin")
    assert answer.status == 504
    assert "did not end within 1 s" in answer.reason
    ask_until(started, 200)


def test_beyond_the_queue_requests_are_503_with_retry_after(served):
    started = served(queue_size=1)
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(ask, started, "wait")]
        assert "waiting\n" in started.lines()
        later = [pool.submit(ask, started) for _ in range(2)]
        refused = next(as_completed(later, 60)).result()
        assert refused.status == 503
        assert refused.headers["retry-after"] == "1"
        assert "wait for the model already" in refused.reason
        started.release.write_text("done")
        statuses = [one.result(60).status for one in answers + later]
    assert statuses[0] == 200
    assert sorted(statuses[1:]) == [200, 503]


def test_workers_end_with_the_server_whatever_ends_it(served):
    started = served(workers=2)
    pids = {ask(started).json() for _ in range(20)}
    started.process.kill()
    started.process.wait(60)
    deadline = time.monotonic() + 60
    while any(exists(pid) for pid in pids):
        assert time.monotonic() < deadline, pids
        time.sleep(0.01)


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
