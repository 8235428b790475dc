"""Cycles of deploy, invoke, update and destroy with kills at random moments: `make soak`.

`SLIPWAY_SOAK_CYCLES` says how many (50), `SLIPWAY_SOAK_SEED` which moments and victims (0).
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
CYCLES = int(os.environ.get("SLIPWAY_SOAK_CYCLES", "50"))
SEED = int(os.environ.get("SLIPWAY_SOAK_SEED", "0"))
ROW = json.dumps([[1.0] * 10])
LATEST_KILL = 12.0  # seconds after the start of a command, about as long as it takes


class Chaos:
    """Runs the CDK CLI and kills something at a random moment."""

    def __init__(self, project, seed: int) -> None:
        self.project = project
        self.random = random.Random(seed)  # noqa: S311 - the same moments in every run
        self.kills: dict[str, int] = {}
        self.commands = 0

    def cdk(self, *arguments: str) -> None:
        """Run a command; a kill on the way may make it fail."""
        context = ["-c", "env=local", "-c", f"environments={self.project.environments}"]
        # A folder of its own: a killed CLI leaves its lock behind.
        self.commands += 1
        output = ["--output", str(self.project.folder / f"cdk.out.{self.commands}"), "--no-color"]
        command = subprocess.Popen(
            ["slipway", "local", "run", "--", "cdk", *arguments, *context, *output],
            cwd=ROOT,
            env=self.project.machine.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        victim = self.random.choice(["cli", "emulator", "container", "nothing"])
        try:
            command.wait(self.random.uniform(0.5, LATEST_KILL))
        except subprocess.TimeoutExpired:
            self.kill(victim, command)
        try:
            command.wait(120)
        except subprocess.TimeoutExpired:  # its server is gone, and it tries for long
            os.killpg(command.pid, signal.SIGKILL)
            command.wait()

    def kill(self, victim: str, command: subprocess.Popen[bytes]) -> None:
        self.kills[victim] = self.kills.get(victim, 0) + 1
        if victim == "cli":
            os.killpg(command.pid, signal.SIGKILL)
        elif victim == "emulator":
            psutil.Process(self.project.machine.status()["running"]["pid"]).kill()
        elif victim == "container":
            for endpoint in self.project.machine.status()["endpoints"]:
                for variant in endpoint["variants"]:
                    psutil.Process(variant["pid"]).kill()


def settle(project) -> None:
    """Wait until no operation on a stack is under way, as somebody who repeats a command does."""
    cloudformation = project.machine.client("cloudformation")
    tick = threading.Event()
    for _ in range(600):
        stacks = cloudformation.list_stacks()["StackSummaries"]
        busy = [s for s in stacks if s["StackStatus"].endswith("IN_PROGRESS") and "REVIEW" not in s["StackStatus"]]
        if not busy:
            return
        tick.wait(0.2)
    pytest.fail(f"stacks never settled: {busy}")


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_deployment_or_a_destruction_always_reaches_its_end(own_project):
    machine, chaos = own_project.machine, Chaos(own_project, SEED)
    model = own_project.model / "model.py"
    template = model.read_text()
    for cycle in range(CYCLES):
        for weights in (2 * cycle, 2 * cycle + 1):
            model.write_text(template.replace("manual_seed(0)", f"manual_seed({weights})"))
            chaos.cdk("deploy", "--all", "--require-approval", "never")
        machine.slipway("local", "up")
        settle(own_project)
        own_project.deploy()
        answer = json.loads(own_project.slipway("invoke", "scores", "--data", ROW).stdout)
        assert sum(answer[0]) == pytest.approx(1), cycle
        chaos.cdk("destroy", "--all", "--force")
        machine.slipway("local", "up")
        settle(own_project)
        own_project.destroy()
        assert machine.status()["endpoints"] == [], cycle
        assert machine.client("sagemaker").list_models()["Models"] == [], cycle
        assert len(machine.processes()) == 1, cycle
        print(f"cycle {cycle + 1} of {CYCLES}: kills so far {chaos.kills}")  # noqa: T201 - progress of a long run


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_memory_and_files_of_the_emulator_stay(own_project):
    """Deploy, update and destroy again and again in one emulator: under 20 % more memory, no more open files."""
    machine = own_project.machine
    model = own_project.model / "model.py"
    template = model.read_text()

    def cycle(number: int) -> None:
        for weights in (2 * number, 2 * number + 1):
            model.write_text(template.replace("manual_seed(0)", f"manual_seed({weights})"))
            own_project.deploy()
        own_project.slipway("invoke", "scores", "--data", ROW)
        own_project.destroy()

    for number in range(3):
        cycle(number)
    emulator = psutil.Process(machine.status()["running"]["pid"])
    before, files = emulator.memory_info().rss, emulator.num_fds()
    for number in range(3, 3 + CYCLES):
        cycle(number)
    assert emulator.memory_info().rss < 1.2 * before
    assert emulator.num_fds() <= files + 5
