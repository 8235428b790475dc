"""`slipway explain` on containers whose server ended at its start, by their logs."""

from __future__ import annotations

import json

import pytest

from .conftest import GROUP, STREAM, RecordedAws
from .failed_deployments import PING, ROLE, TRACEBACK, Slipway, explained, first, wrapped

HANDLER = "/opt/ml/model/code/inference.py"


def test_a_failed_endpoint_that_was_kept_is_explained_by_its_log(slipway: Slipway, recorded: RecordedAws) -> None:
    recorded.endpoint("Failed", FailureReason=PING)
    recorded.operation("CREATE_FAILED", ("ServerlessEndpoint", wrapped(PING)))
    last = f"serving: model_fn of {HANDLER} raised FileNotFoundError: vocabulary.txt; the model is not loaded"
    recorded.wrote('{"event": "starting"}', *TRACEBACK, last)
    told = explained(slipway)
    [finding] = told["findings"]
    assert (finding["cause"], finding["summary"]) == (
        "model-fn-raised",
        "model_fn raised FileNotFoundError: vocabulary.txt",
    )
    assert finding["evidence"] == [{"source": STREAM, "text": "\n".join([*TRACEBACK, last])}]
    assert "slipway package linear" in finding["mend"]
    assert told["where"][0]["name"] == GROUP
    assert told["where"][0]["command"].startswith("slipway logs linear --env local --since ")


def ray_serve(reason: str, traceback: str) -> str:
    """The line of a start that failed, of the handler on Ray Serve."""
    return json.dumps({"level": "ERROR", "event": "start_failed", "reason": reason, "traceback": traceback})


NO_SUCH = "No matching distribution found for nosuch==1"
PIP = f"pip cannot install /opt/ml/model/code/requirements.txt (exit status 1); mend that file. ERROR: {NO_SUCH}"
KILLED = "the process that loads the model was ended by signal 9 before it was ready; the log above may say why"
DENIED = (
    f"User: {ROLE} is not authorized to perform: s3:GetObject on resource: "
    '"arn:aws:s3:::words/list.txt" because no identity-based policy allows it'
)
STARTS = {
    "another server": (TRACEBACK, "model-fn-raised", "FileNotFoundError: vocabulary.txt"),
    "Ray Serve": (
        [ray_serve("model_fn of a.py raised KeyError: 1; the model is not loaded", "Traceback\nKeyError: 1")],
        "model-fn-raised",
        "model_fn raised KeyError: 1",
    ),
    "import": (
        [f"serving: the handler {HANDLER} cannot be imported: ModuleNotFoundError: No module named 'cv2'"],
        "handler-not-imported",
        "No module named 'cv2'",
    ),
    "pip": ([f"ERROR: {NO_SUCH}", f"serving: {PIP}"], "requirements", "code/requirements.txt: nosuch==1"),
    "pip, again and again": (
        ["ERROR: Could not find a version that satisfies the requirement nosuch==1 (from versions: none)"] * 3,
        "requirements",
        "nosuch==1",
    ),
    "killed": ([f"serving: {KILLED}"], "out-of-memory", "ran out of memory while it loaded the model"),
    "GPU": (
        [*TRACEBACK[:2], "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB."],
        "out-of-memory",
        "out of memory",
    ),
    "settings": (
        ["serving: /opt/ml/model/serving.json: serving.worker is unknown; did you mean workers?"],
        "server-ended-at-start",
        "did you mean workers?",
    ),
    "the handler's own call": (
        [TRACEBACK[0], f"botocore.exceptions.ClientError: An error occurred (AccessDenied): {DENIED}"],
        "access-denied",
        f"{ROLE} may not do s3:GetObject on arn:aws:s3:::words/list.txt",
    ),
    "slow": (["loading 7 GB"], "never-answered-ping", "the last that it wrote is: loading 7 GB"),
    "mute": ([], "never-answered-ping", "wrote nothing"),
    "arm64": (["exec /usr/bin/python: exec format error"], "image-unfit", "architecture"),
}


@pytest.mark.parametrize(("lines", "cause", "says"), STARTS.values(), ids=STARTS)
def test_the_log_of_a_failed_start_tells_the_cause(
    slipway: Slipway, recorded: RecordedAws, lines: list[str], cause: str, says: str
) -> None:
    recorded.endpoint("Failed", FailureReason=PING)
    recorded.operation("CREATE_FAILED", ("ServerlessEndpoint", wrapped(PING)))
    recorded.wrote(*lines)
    finding = first(slipway)
    assert finding["cause"] == cause
    assert says in finding["summary"]
    assert finding["mend"]


def test_one_that_is_still_made_is_explained_by_what_its_log_has_already(
    slipway: Slipway, recorded: RecordedAws
) -> None:
    recorded.endpoint("Creating")
    recorded.operation("CREATE_IN_PROGRESS")
    assert first(slipway)["cause"] == "still-changing"
    recorded.wrote(*TRACEBACK)
    assert first(slipway)["cause"] == "model-fn-raised"


def test_new_streams_are_read_also_where_their_last_event_is_not_known_yet(
    slipway: Slipway, recorded: RecordedAws
) -> None:
    recorded.endpoint("Failed", FailureReason=PING)
    old = [{"logStreamName": f"AllTraffic/i-{n}", "creationTime": n, "lastEventTimestamp": 50} for n in range(6)]
    recorded.answers["DescribeLogStreams"] = {"logStreams": [*old, {"logStreamName": STREAM, "creationTime": 60}]}
    slipway("explain", "linear")
    asked = [params["logStreamName"] for name, params in recorded.requests if name == "GetLogEvents"]
    assert (asked[0], len(asked)) == (STREAM, 5)
