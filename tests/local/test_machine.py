"""The local AWS itself: start, restart, crash, end."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from local_aws.bootstrap import VERSION_PARAMETER

from .process_facts import listening, lives

ROW = json.dumps([[1.0] * 10])


def deploy_linear(machine) -> str:
    """Deploy it, if it is not there yet, and return an answer of it."""
    if not machine.status()["endpoints"]:
        machine.slipway("demo")
    return machine.slipway("invoke", "linear", "--data", ROW).stdout


def invocations(machine) -> float:
    """How many invocations of all endpoints CloudWatch knows of."""
    cloudwatch = machine.client("cloudwatch")
    now = datetime.now(UTC)
    found = cloudwatch.list_metrics(Namespace="AWS/SageMaker", MetricName="Invocations")["Metrics"]
    answers = [
        cloudwatch.get_metric_statistics(
            **metric,
            StartTime=now - timedelta(days=1),
            EndTime=now + timedelta(minutes=1),
            Period=86400,
            Statistics=["Sum"],
        )
        for metric in found
    ]
    return sum(point["Sum"] for answer in answers for point in answer["Datapoints"])


def test_demo_prints_what_it_deployed_and_a_second_one_deploys_nothing(modules_machine):
    first = modules_machine.slipway("demo")
    assert "endpoint  slipway-local-linear-serverless" in first.stdout
    assert "status    InService" in first.stdout
    answer = json.loads(first.stdout.partition("answer    ")[2].splitlines()[0])
    assert len(answer) == 2
    assert sum(answer) == pytest.approx(1)
    commands = [line.strip() for line in first.stdout.partition("Next:")[2].splitlines() if line.strip()]
    assert len(commands) == 3
    second = modules_machine.slipway("demo")
    assert second.stderr.count("(no changes)") == 2
    assert second.stdout == first.stdout


def test_an_endpoint_answers_again_after_a_restart(own_machine):
    before = deploy_linear(own_machine)
    own_machine.slipway("local", "down")
    assert own_machine.processes() == []
    own_machine.slipway("local", "up")
    assert invocations(own_machine) == 2  # the last one was published in the end
    assert own_machine.slipway("invoke", "linear", "--data", ROW).stdout == before
    # and CloudFormation knows its stacks: nothing is deployed anew
    assert own_machine.slipway("demo").stderr.count("(no changes)") == 2


def test_after_a_crash_the_next_up_ends_the_orphans_and_finds_the_endpoint_again(modules_machine):
    before = deploy_linear(modules_machine)
    status = modules_machine.status()
    [endpoint] = status["endpoints"]
    orphan = psutil.Process(endpoint["variants"][0]["pid"])
    emulator = psutil.Process(status["running"]["pid"])
    emulator.kill()
    psutil.wait_procs([emulator], timeout=10)
    assert orphan.is_running()
    up = modules_machine.slipway("local", "up")
    assert "left behind" in up.stderr
    assert not lives(orphan)
    assert modules_machine.slipway("invoke", "linear", "--data", ROW).stdout == before


def test_after_a_restart_of_the_machine_it_goes_on_and_spares_who_has_the_old_process_ids(modules_machine):
    """Every process is gone at once, and the ids that the lists on disk name were given to others."""
    before = deploy_linear(modules_machine)
    gone = modules_machine.processes()
    for process in gone:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(gone, timeout=10)
    assert modules_machine.processes() == []
    booted = psutil.boot_time()
    ready, processes = modules_machine.folder / "emulator.json", modules_machine.folder / "processes.json"
    strangers = [
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
        for _ in range(2)
    ]
    try:
        ready.write_text(
            json.dumps({**json.loads(ready.read_text()), "pid": strangers[0].pid, "started": booted - 500})
        )
        assert len(json.loads(processes.read_text())) == 1
        processes.write_text(json.dumps({str(strangers[1].pid): booted - 400}))

        up = modules_machine.slipway("local", "up")

        assert "left behind" not in up.stderr
        assert modules_machine.status()["running"]["pid"] != strangers[0].pid
        assert modules_machine.slipway("invoke", "linear", "--data", ROW).stdout == before
        assert modules_machine.slipway("demo").stderr.count("(no changes)") == 2
        modules_machine.slipway("local", "down")
        assert [stranger.poll() for stranger in strangers] == [None, None]
    finally:
        for stranger in strangers:
            stranger.communicate(b"\n", timeout=10)


def test_a_port_in_use_is_one_clear_message(own_machine):
    with socket.socket() as other:
        other.bind(("127.0.0.1", own_machine.port))
        other.listen()
        failed = own_machine.slipway("local", "up", check=False)
    assert failed.returncode != 0
    assert f"Port {own_machine.port} of 127.0.0.1 cannot be used: Address already in use" in failed.stderr
    assert f"slipway local up --port {own_machine.port + 1}" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert own_machine.processes() == []


def test_a_second_up_finds_the_first(own_machine):
    own_machine.slipway("local", "up", "--no-bootstrap")
    pid = own_machine.status()["running"]["pid"]
    own_machine.slipway("local", "up", "--no-bootstrap")
    assert own_machine.status()["running"]["pid"] == pid


def test_without_bootstrap_the_deployment_says_so(own_machine):
    own_machine.slipway("local", "up", "--no-bootstrap")
    failed = own_machine.run(
        *("cdk", "deploy", "--all", "-c", "env=local", "--require-approval", "never", "--no-color"),
        *("--output", str(own_machine.folder / "cdk.out")),
        check=False,
    )
    assert failed.returncode != 0
    assert VERSION_PARAMETER in failed.stderr
    assert "cdk bootstrap" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_only_the_loopback_interface_is_bound(modules_machine):
    deploy_linear(modules_machine)
    addresses = [address.ip for process in modules_machine.processes() for address in listening(process)]
    assert addresses
    assert set(addresses) == {"127.0.0.1"}


def test_purge_leaves_no_process_and_no_state(modules_machine):
    deploy_linear(modules_machine)
    modules_machine.slipway("local", "down", "--purge")
    assert modules_machine.processes() == []
    assert not modules_machine.folder.exists()
