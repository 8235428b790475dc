from __future__ import annotations

import json
import logging


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
