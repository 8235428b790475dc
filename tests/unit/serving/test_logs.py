from __future__ import annotations

import json
import logging

import pytest

from serving.core import logs


def test_every_line_of_the_log_is_json_the_handlers_own_too(server, model_dir):
    code = """
        import logging
        def model_fn(model_dir):
            logging.getLogger("own").info("loaded\\nfrom %s", "a")
        def predict_fn(data, model): raise ZeroDivisionError("why")
    """
    started = server(model_dir(code), "--port", "0")
    own = json.loads(next(started.lines()))
    assert (own["level"], own["message"]) == ("INFO", "loaded\nfrom a")
    answer = started.wait_ready().request("POST", "/invocations", b"[1]")
    failed = started.wait_event("request_failed")
    assert failed["level"] == logging.getLevelName(logging.ERROR)
    assert failed["status"] == 500
    assert (failed["request_id"], failed["reason"]) == (answer.json()["request_id"], answer.reason)
    assert "ZeroDivisionError: why" in failed["traceback"]


def test_an_answered_request_is_one_line_with_its_phases(server, model_dir):
    started = server(model_dir("def predict_fn(data, model): return data"), "--port", "0").wait_ready()
    answer = started.request("POST", "/invocations", b"[1]", {"Content-Type": "application/json"})
    line = started.wait_event("request")
    assert (line["level"], line["status"], line["bytes_in"], line["bytes_out"]) == (
        "INFO",
        200,
        3,
        len(answer.body),
    )
    assert line["milliseconds"].keys() == {"queue", "input", "predict", "output", "total"}
    assert all(value >= 0 for value in line["milliseconds"].values())
    assert line["time"].endswith("Z")


@pytest.mark.parametrize("has_orjson", [True, False])
def test_the_line_of_a_request_is_the_same_with_and_without_orjson(has_orjson, monkeypatch, capsys, caplog):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(logs, "HAS_ORJSON", has_orjson)
    logs.log_request('a"b', 200, 3, 4, {"queue": 0.25, "total": 1234567.125})
    line = json.loads(capsys.readouterr().out)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "INFO",
        "event": "request",
        "request_id": 'a"b',
        "status": 200,
        "bytes_in": 3,
        "bytes_out": 4,
        "milliseconds": {"queue": 0.25, "total": 1234567.125},
    }
