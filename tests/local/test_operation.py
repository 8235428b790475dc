"""`slipway status`, `smoke`, `load` and `logs` on endpoints that run, by the console script."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import BIN, ROOT, Machine, Project

pytestmark = pytest.mark.timeout(900)  # a deployment of three containers, on a busy machine, too

QUICK = ["--seconds", "1", "--warm-up", "0"]
LAST = "unsent"
"""An endpoint that the settings have once the others are deployed."""


@pytest.fixture(scope="module")
def operated(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Deploy a serverless endpoint, and one with two variants; the settings have a third one."""
    folder = tmp_path_factory.mktemp("operated")
    shutil.copytree(ROOT / "model_code" / "linear", folder / "model")
    project = Project(machine, folder, "operated")
    model = {"model": str(project.model)}
    serverless = {"type": "serverless", "memory_size_in_mb": 2048, "max_concurrency": 5}
    endpoints: dict[str, Any] = {
        "scores": {**model, "container": "slim", "hosting": serverless},
        "split": {
            "variants": {"first": model, "second": model},
            "container": "slim",
            "hosting": {"type": "real-time", "instance_type": "ml.c7i.large"},
        },
    }
    project.write(endpoints=endpoints)
    project.deploy()
    project.write(endpoints={**endpoints, LAST: endpoints["scores"]})
    yield project
    project.remove("split", "scores", "artifacts")


@contextmanager
def running(project: Project, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the console script; whatever happens, it does not stay."""
    environment = {**project.machine.environment, "SLIPWAY_ENVIRONMENTS": str(project.environments)}
    process = subprocess.Popen(
        [BIN / "slipway", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_status_has_a_line_for_each_and_says_which_is_not_deployed(operated: Project) -> None:
    ran = operated.slipway("status", check=False)
    assert ran.returncode == 1
    scores, split, last = ran.stdout.splitlines()[1:4]
    assert f"in service    {operated.endpoint_name()}" in scores
    assert "first: 1 instance; second: 1 instance" in split
    assert "the same" in scores
    assert "the same" in split
    assert "not deployed" in last
    assert "cdk deploy" in ran.stdout


def test_smoke_asks_every_variant_and_fails_for_what_is_not_deployed(operated: Project) -> None:
    ran = operated.slipway("smoke", "--json", check=False)
    told = json.loads(ran.stdout)
    assert (ran.returncode, told["ok"]) == (1, False)
    found = {(one["endpoint"], one["variant"], one["sample"]): one["verdict"] for one in told["checks"]}
    samples = ("json-batch", "json-row", "npy-batch")
    asked = [("scores", "AllTraffic"), ("split", "first"), ("split", "second")]
    assert all(found[*place, sample] == "ok" for place in asked for sample in samples)
    assert [found[LAST, "AllTraffic", sample] for sample in samples] == ["failed", "skipped", "skipped"]


def test_smoke_says_what_differs(operated: Project) -> None:
    sample = operated.model / "samples" / "json-row.yaml"
    before = sample.read_text()
    sample.write_text(yaml.safe_dump({**yaml.safe_load(before), "expected": [7.0, 7.0]}))
    try:
        ran = operated.slipway("smoke", "scores", check=False)
    finally:
        sample.write_text(before)
    assert ran.returncode == 1
    (line,) = [line for line in ran.stdout.splitlines() if "json-row" in line]
    assert line.startswith("differs  scores/AllTraffic/json-row: ")
    assert "not 7.0 (tolerance" in line


def test_load_measures_writes_and_draws(operated: Project, tmp_path: Path) -> None:
    output, plot = tmp_path / "result.json", tmp_path / "latency.png"
    options = ["--concurrency", "1,4", *QUICK, "--output", str(output), "--plot", str(plot)]
    ran = operated.slipway("load", "split", "--sample", "npy-batch", *options)
    told = json.loads(output.read_text())
    assert told["request"]["source"] == "sample npy-batch"
    assert [(stage["concurrency"], stage["errors"]) for stage in told["stages"]] == [(1, []), (4, [])]
    assert all(stage["answers"] for stage in told["stages"])
    assert "the first request took" in ran.stdout
    assert plot.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_ctrl_c_ends_a_load_with_what_was_measured(operated: Project) -> None:
    with running(operated, "load", "scores", "--concurrency", "2", "--seconds", "300", "--json") as load:
        assert load.stderr is not None
        for line in load.stderr:
            if line.startswith("2 clients: "):
                break
        os.kill(load.pid, signal.SIGINT)
        output, errors = load.communicate(timeout=60)
    told = json.loads(output)
    assert (load.returncode, told["interrupted"]) == (130, True)
    assert "Traceback" not in errors
    assert told["stages"][0]["concurrency"] == 2


def test_logs_follow_what_is_written_until_ctrl_c(operated: Project) -> None:
    logs = operated.machine.client("logs")
    group = f"/aws/sagemaker/Endpoints/{operated.endpoint_name()}"
    with running(operated, "logs", "scores", "--follow") as following:
        assert following.stdout is not None
        assert "[AllTraffic/local-" in following.stdout.readline()  # the container has started
        logs.create_log_stream(logGroupName=group, logStreamName="AllTraffic/i-1")
        event = {"timestamp": int(time.time() * 1000), "message": "written meanwhile"}
        logs.put_log_events(logGroupName=group, logStreamName="AllTraffic/i-1", logEvents=[event])
        new = next(line for line in following.stdout if "written meanwhile" in line)
        assert "[AllTraffic/i-1] written meanwhile" in new
        os.kill(following.pid, signal.SIGINT)
        output, errors = following.communicate(timeout=60)
    assert following.returncode == 130
    assert "written meanwhile" not in output
    assert "Traceback" not in errors


def test_logs_of_all_endpoints_are_told_apart(operated: Project) -> None:
    ran = operated.slipway("logs", "--since", "1h", "--json")
    events = json.loads(ran.stdout)
    assert {event["endpoint"] for event in events} == {"scores", "split"}
    assert {event["stream"].split("/")[0] for event in events if event["endpoint"] == "split"} == {
        "first",
        "second",
    }
    assert f"'{LAST}' is not deployed" in ran.stderr
