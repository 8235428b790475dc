"""`slipway load` against a server that speaks as InvokeEndpoint does: what is sent, counted, written and drawn."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from PIL import Image

from slipway.commands import load as load_module
from slipway.environments import ENVIRONMENTS_VARIABLE

from .answering_aws import AnsweringAws

NAME = "slipway-local-linear-serverless"
QUICK = ["--seconds", "1", "--warm-up", "0"]
"""Without a warm-up the first request of each client counts, however slow the machine is."""
SETTINGS = """
account: "000000000000"
region: us-east-1
endpoints:
  linear: {model: MODEL, container: slim, hosting: {type: serverless}}
  queued: {model: MODEL, container: slim, hosting: {type: async, instance_type: ml.c7i.large}}
"""


class Runtime:
    """What answers requests; a test says how, by the number of the request."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Callable[[int], tuple[int, dict[str, str], bytes] | None] = lambda number: (200, {}, b"[1]")
        self.connections: set[int] = set()
        runtime = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                runtime.connections.add(self.client_address[1])
                runtime.requests.append((self.path, dict(self.headers), body))
                answer = runtime.answer(len(runtime.requests))
                if answer is None:
                    self.close_connection = True
                    return
                status, headers, content = answer
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("x-Amzn-Invoked-Production-Variant", "AllTraffic")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Keep the tests' output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._serving = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._serving.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._serving.join()


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Runtime]:
    """Run the server, behind an endpoint `linear` whose model has two samples."""
    samples = tmp_path / "model" / "samples"
    samples.mkdir(parents=True)
    (samples / "batch.yaml").write_text("body: [[1], [2]]\n")
    (samples / "csv.yaml").write_text('content_type: text/csv\naccept: text/csv\nbody: "1,2"\n')
    (tmp_path / "local.yaml").write_text(SETTINGS.replace("MODEL", str(samples.parent)))
    monkeypatch.setenv(ENVIRONMENTS_VARIABLE, str(tmp_path))
    made = Runtime()
    ssm = AnsweringAws(GetParameter=lambda asked: {"Parameter": {"Value": NAME}})
    keys = {"region_name": "us-east-1", "aws_access_key_id": "0" * 12, "aws_secret_access_key": "local"}

    def clients(service: str, **options: Any) -> Any:
        if service == "ssm":
            return ssm(service)
        return boto3.client(service, endpoint_url=made.url, **keys, **options)

    monkeypatch.setattr(load_module, "connect", lambda settings: clients)
    yield made
    made.stop()


def model_error(status: int, message: str) -> tuple[int, dict[str, str], bytes]:
    content = {"OriginalStatusCode": status, "OriginalMessage": message, "Message": f"Received error ({status})"}
    return 424, {"x-amzn-ErrorType": "ModelError"}, json.dumps(content).encode()


class TestResult:
    def test_each_number_of_clients_has_its_figures(self, slipway: Callable[..., Any], runtime: Runtime) -> None:
        ran = slipway("load", "linear", "--concurrency", "1,3", *QUICK, "--json")
        assert ran.status == 0, ran
        told = json.loads(ran.text)
        assert (told["environment"], told["endpoint"], told["endpoint_name"]) == ("local", "linear", NAME)
        assert told["request"] == {"source": "sample batch", "content_type": "application/json", "bytes": 9}
        assert (told["loop"], told["interrupted"]) == ("closed", False)
        assert [stage["concurrency"] for stage in told["stages"]] == [1, 3]
        for stage in told["stages"]:
            latency = stage["latency_ms"]
            assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"] <= latency["max"]
            assert stage["requests"] == stage["answers"] > 0
            assert (stage["errors"], stage["unfinished"], stage["seconds"]) == ([], 0, 1)
        counted = sum(stage["requests"] for stage in told["stages"])
        assert counted + 1 == len(runtime.requests)  # the first one is apart
        assert len(runtime.connections) <= 3
        assert {body for _, _, body in runtime.requests} == {b"[[1],[2]]"}
        assert {path for path, _, _ in runtime.requests} == {f"/endpoints/{NAME}/invocations"}

    def test_the_warm_up_is_counted_apart(self, slipway: Callable[..., Any], runtime: Runtime) -> None:
        ran = slipway("load", "linear", "--concurrency", "1", "--seconds", "1", "--warm-up", "0.2", "--json")
        (stage,) = json.loads(ran.text)["stages"]
        assert stage["warm_up_requests"] > 0
        assert stage["requests"] + stage["warm_up_requests"] + 1 == len(runtime.requests)

    def test_people_get_a_table_and_what_the_first_request_took(
        self, slipway: Callable[..., Any], runtime: Runtime
    ) -> None:
        ran = slipway("load", "linear", "--concurrency", "2", *QUICK)
        assert ran.status == 0
        first, header, line = ran.text.splitlines()[:3]
        assert first.startswith("the first request took ")
        assert " ".join(header.split()) == "clients requests/s p50 ms p95 ms p99 ms max ms answers errors"
        assert (line.split()[0], line.split()[-1]) == ("2", "0")
        assert "2 clients: 0 s of warm-up, 1 s" in ran.errors
        assert "AWS" not in ran.errors

    def test_on_a_terminal_it_shows_how_far_it_is(
        self, slipway: Callable[..., Any], runtime: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "120")
        ran = slipway("load", "linear", "--concurrency", "2", *QUICK, "--json")
        assert json.loads(ran.text)["stages"][0]["concurrency"] == 2
        assert "2 clients" in ran.errors
        assert "requests/s" in ran.errors
        assert "0 errors" in ran.errors

    def test_on_aws_it_says_before_that_it_costs_and_when_it_ends(
        self, slipway: Callable[..., Any], runtime: Runtime, tmp_path: Path
    ) -> None:
        (tmp_path / "local.yaml").rename(tmp_path / "dev.yaml")
        ran = slipway("load", "linear", "--env", "dev", "--concurrency", "1,2", *QUICK)
        assert ran.status == 0
        assert ran.errors.startswith("Environment dev is on AWS, which bills")
        assert "they end after 2 s" in ran.errors.splitlines()[0]

    def test_the_result_goes_to_a_file_and_the_plot_to_another(
        self, slipway: Callable[..., Any], runtime: Runtime, tmp_path: Path
    ) -> None:
        output, plot = tmp_path / "result.json", tmp_path / "latency.png"
        options = ["--output", str(output), "--plot", str(plot)]
        assert slipway("load", "linear", "--concurrency", "1,2", *QUICK, *options).status == 0
        assert [stage["concurrency"] for stage in json.loads(output.read_text())["stages"]] == [1, 2]
        with Image.open(plot) as picture:
            assert picture.format == "PNG"
            assert len(set(picture.convert("L").tobytes())) > 2  # not an empty page


class TestRequest:
    def test_a_sample_by_its_name(self, slipway: Callable[..., Any], runtime: Runtime) -> None:
        assert slipway("load", "linear", "--concurrency", "1", "--sample", "csv", *QUICK).status == 0
        _, headers, body = runtime.requests[-1]
        assert (headers["Content-Type"], headers["Accept"], body) == ("text/csv", "text/csv", b"1,2")

    @pytest.mark.parametrize(
        ("options", "content_type"), [([], "application/x-npy"), (["--content-type", "text/csv"], "text/csv")]
    )
    def test_a_file(
        self, slipway: Callable[..., Any], runtime: Runtime, tmp_path: Path, options: list[str], content_type: str
    ) -> None:
        (tmp_path / "rows.npy").write_bytes(b"\x93NUMPY")
        file = ["--file", str(tmp_path / "rows.npy")]
        assert slipway("load", "linear", "--concurrency", "1", *file, *options, *QUICK).status == 0
        _, headers, body = runtime.requests[-1]
        assert (headers["Content-Type"], body) == (content_type, b"\x93NUMPY")

    @pytest.mark.parametrize(
        ("endpoint", "options", "message"),
        [
            ("linear", ["--concurrency", "1,x"], "--concurrency '1,x' is no list of numbers"),
            ("linear", ["--concurrency", "0"], "is no list of numbers from 1"),
            ("linear", ["--concurrency", "1,,2"], "is no list of numbers"),
            ("linear", ["--sample", "cvs"], "has no sample 'cvs'; it has: batch, csv; did you mean csv?"),
            ("linear", ["--sample", "csv", "--file", "x"], "one of --sample and --file"),
            ("linear", ["--content-type", "text/csv"], "--content-type is that of a --file"),
            ("linear", ["--file", "absent.json"], "absent.json cannot be read: No such file"),
            ("linear", ["--plot", "no/such/folder/x.png"], "cannot be written"),
            ("linear", ["--output", "/"], "cannot be written"),
            ("queued", [], "is asynchronous"),
        ],
    )
    def test_a_mistake_is_said_before_anything_is_sent(
        self, slipway: Callable[..., Any], runtime: Runtime, endpoint: str, options: list[str], message: str
    ) -> None:
        assert message in slipway("load", endpoint, *options, *QUICK).error()
        assert runtime.requests == []

    @pytest.mark.parametrize("option", ["--seconds", "--warm-up"])
    @pytest.mark.parametrize("value", ["inf", "nan"])
    def test_a_measurement_has_an_end(
        self, slipway: Callable[..., Any], runtime: Runtime, option: str, value: str
    ) -> None:
        ran = slipway("load", "linear", option, value)
        assert (ran.status, ran.output) == (2, b"")
        assert option in ran.errors
        assert runtime.requests == []


class TestErrors:
    @pytest.mark.parametrize(
        ("answer", "kind", "status"),
        [
            (model_error(400, "said"), "model 4xx", 400),
            (model_error(500, "said"), "model 5xx", 500),
            (model_error(0, "said: Your invocation timed out"), "time-out", 0),
            ((400, {"x-amzn-ErrorType": "ThrottlingException"}, b'{"message": "said"}'), "throttling", 400),
            ((429, {"x-amzn-ErrorType": "ModelNotReadyException"}, b'{"Message": "said"}'), "not ready", 429),
            ((503, {"x-amzn-ErrorType": "ServiceUnavailable"}, b'{"Message": "said"}'), "service", 503),
            ((400, {"x-amzn-ErrorType": "AccessDeniedException"}, b'{"message": "said"}'), "refused", 400),
            (None, "connection", None),
        ],
    )
    def test_each_is_of_its_kind_and_never_sent_twice(
        self, slipway: Callable[..., Any], runtime: Runtime, answer: Any, kind: str, status: int | None
    ) -> None:
        runtime.answer = lambda number: (200, {}, b"[1]") if number == 1 or number % 2 else answer
        ran = slipway("load", "linear", "--concurrency", "1", *QUICK, "--json")
        (stage,) = json.loads(ran.text)["stages"]
        (error,) = stage["errors"]
        assert (error["kind"], error["status"]) == (kind, status)
        assert answer is None or "said" in error["example"]
        assert stage["answers"] + error["count"] == stage["requests"] == len(runtime.requests) - 1
        assert f"{error['count']} of {kind}" in ran.errors

    def test_where_the_first_request_fails_no_other_is_sent(
        self, slipway: Callable[..., Any], runtime: Runtime
    ) -> None:
        runtime.answer = lambda number: model_error(400, "no row")
        assert "answered 400: no row" in slipway("load", "linear", *QUICK).errors
        assert len(runtime.requests) == 1

    def test_without_an_answer_it_ends_with_an_error(
        self, slipway: Callable[..., Any], runtime: Runtime, tmp_path: Path
    ) -> None:
        runtime.answer = lambda number: (200, {}, b"[1]") if number == 1 else model_error(500, "broken")
        plot = tmp_path / "x.png"
        ran = slipway("load", "linear", "--concurrency", "2", *QUICK, "--json", "--plot", str(plot))
        assert ran.status == 1
        (stage,) = json.loads(ran.text)["stages"]
        assert (stage["answers"], stage["latency_ms"]) == (0, None)
        assert "No request was answered" in ran.errors
        assert not plot.exists()


def test_ctrl_c_shows_what_was_measured_and_waits_for_no_answer(
    slipway: Callable[..., Any], runtime: Runtime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The third number of clients is interrupted while their requests hang."""
    hang, hanging = threading.Event(), threading.Semaphore(0)
    seen: Counter[str] = Counter()

    class Watcher:
        def begin(self, concurrency: int) -> None:
            seen["stages"] += 1

        def look(self, seconds: float, outcomes: Any) -> None:
            if seen["stages"] == 3:
                hanging.acquire()
                hanging.acquire()  # both clients wait for their answers
                raise KeyboardInterrupt

    def answer(number: int) -> tuple[int, dict[str, str], bytes]:
        if seen["stages"] == 3:
            hanging.release()
            hang.wait()
        return 200, {}, b"[1]"

    runtime.answer = answer
    monkeypatch.setattr(load_module, "load_display", lambda plan: nullcontext(Watcher()))
    output = tmp_path / "result.json"
    try:
        ran = slipway("load", "linear", "--concurrency", "1,2,2,9", *QUICK, "--json", "--output", str(output))
    finally:
        hang.set()
    told = json.loads(ran.text)
    assert ran.status == 130
    assert (told["interrupted"], [stage["concurrency"] for stage in told["stages"]]) == (True, [1, 2, 2])
    assert all(stage["answers"] for stage in told["stages"][:2])
    assert told["stages"][2]["unfinished"] == 2
    assert json.loads(output.read_text()) == told
