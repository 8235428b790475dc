"""Cycles of deploy, invoke, update and destroy with kills at random moments: `make soak`.

`SLIPWAY_SOAK_CYCLES` says how many (50), `SLIPWAY_SOAK_SEED` which moments and victims (0). The CDK CLI deploys
assemblies that are synthesized once: what is tried here begins after that.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from local_aws.control import LocalAws
from local_aws.running_emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
CYCLES = int(os.environ.get("SLIPWAY_SOAK_CYCLES", "50"))
SEED = int(os.environ.get("SLIPWAY_SOAK_SEED", "0"))
ROW = json.dumps([[1.0] * 10])
MODELS = 3  # weights that the cycles deploy in turn: an update always changes something
LATEST_KILL = 8.0  # seconds after the start of a command, about as long as it takes
VICTIMS = ("cli", "emulator", "emulator that comes back", "container")
DEPLOY = ("deploy", "--all", "--require-approval", "never")
DESTROY = ("destroy", "--all", "--force")


class Soak:
    """A project that is deployed again and again, and what its models answer."""

    def __init__(self, project) -> None:
        self.project = project
        self.machine = project.machine
        self.assemblies = [self._synthesized(number) for number in range(MODELS)]
        self.answers: dict[int, str] = {}
        self.turn = 0

    @property
    def emulator(self) -> Emulator:
        return LocalAws(self.machine.folder).running()

    def next_model(self) -> int:
        self.turn += 1
        return self.turn % MODELS

    def command(self, model: int, *arguments: str) -> list[str]:
        app = ("--app", str(self.assemblies[model]), "--no-color")
        return ["local", "run", "--", "cdk", *arguments, *app]

    def deploy(self) -> None:
        """Deploy the next model, which answers as it always did."""
        model = self.next_model()
        self.machine.slipway(*self.command(model, *DEPLOY))
        runtime = self.machine.client("sagemaker-runtime")
        name = self.project.endpoint_name()
        answer = runtime.invoke_endpoint(EndpointName=name, ContentType="application/json", Body=ROW)
        body = answer["Body"].read().decode()
        assert self.answers.setdefault(model, body) == body
        assert len(set(self.answers.values())) == len(self.answers)

    def destroy(self) -> None:
        """Destroy the project; nothing of it is left, and no process, port or folder."""
        self.machine.slipway(*self.command(self.turn % MODELS, *DESTROY))
        client, emulator = self.machine.client, self.emulator
        assert emulator.endpoints() == []
        assert client("sagemaker").list_models()["Models"] == []
        assert client("sagemaker").list_endpoint_configs()["EndpointConfigs"] == []
        assert not [b for b in client("s3").list_buckets()["Buckets"] if b["Name"].startswith("own-")]
        assert [process.pid for process in self.machine.processes()] == [emulator.pid]
        assert self.open_ports() == [self.machine.port]
        assert list((self.machine.folder / "containers").glob("*")) == []

    def open_ports(self) -> list[int]:
        connections = psutil.Process(self.emulator.pid).net_connections(kind="inet")
        return [c.laddr.port for c in connections if c.status == psutil.CONN_LISTEN]

    def recover(self) -> None:
        """Do what somebody does whose command was cut off: start what is gone, wait for what goes on."""
        self.machine.slipway("local", "up", "--no-bootstrap")
        LocalAws(self.machine.folder).wait_until_settled(lambda _: None)

    def _synthesized(self, number: int) -> Path:
        model = self.project.model / "model.py"
        text = model.read_text()
        model.write_text(text.replace("manual_seed(0)", f"manual_seed({number})"))
        # Other weights give other answers than those that the samples expect.
        context = ("-c", "env=local", "-c", f"environments={self.project.environments}", "-c", "preflight=false")
        folder = self.project.folder / f"assembly.{number}"
        self.machine.run("cdk", "synth", "--quiet", *context, "--output", str(folder), "--no-color")
        model.write_text(text)
        return folder


class Chaos:
    """Runs commands and kills something at a random moment."""

    def __init__(self, soak: Soak, seed: int) -> None:
        self.soak = soak
        self.random = random.Random(seed)  # noqa: S311 - the same moments in every run
        self.kills: dict[str, int] = {}

    def run(self, *arguments: str) -> None:
        """Run a command; a kill on the way may make it fail."""
        command = subprocess.Popen(
            ["slipway", *arguments],
            cwd=ROOT,
            env=self.soak.machine.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        victim = self.random.choice(VICTIMS)
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                command.wait(self.random.uniform(0.5, LATEST_KILL))
            self.kill(victim, command)
            if victim == "emulator that comes back":
                self.soak.machine.slipway("local", "up", "--no-bootstrap")
            command.wait(300)
        finally:
            if command.poll() is None:
                os.killpg(command.pid, signal.SIGKILL)
                command.wait()

    def kill(self, victim: str, command: subprocess.Popen[bytes]) -> None:
        killed = 0
        if victim.startswith("emulator"):
            killed = end([psutil.Process(self.soak.emulator.pid)])
        elif victim == "container":  # those that are starting as well
            emulator = self.soak.emulator.pid
            killed = end([p for p in self.soak.machine.processes() if p.pid != emulator])
        # A command whose emulator stays away tries for long to reach it.
        if victim in {"cli", "emulator"} and command.poll() is None:
            os.killpg(command.pid, signal.SIGKILL)
            killed += victim == "cli"
        self.kills[victim] = self.kills.get(victim, 0) + killed


def end(processes: list[psutil.Process]) -> int:
    """Kill processes, and return how many there were."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=10)
    return len(processes)


def show(**figures: Any) -> None:
    """Print the progress of a long run."""
    print(" ".join(f"{name}={value}" for name, value in figures.items()), flush=True)  # noqa: T201


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_deployment_or_a_destruction_always_reaches_its_end(own_project):
    soak = Soak(own_project)
    chaos, began = Chaos(soak, SEED), time.monotonic()
    for cycle in range(CYCLES):
        for _ in range(2):
            chaos.run(*soak.command(soak.next_model(), *DEPLOY))
            soak.recover()
        soak.deploy()
        chaos.run(*soak.command(soak.turn % MODELS, *DESTROY))
        soak.recover()
        soak.destroy()
        show(cycle=cycle + 1, of=CYCLES, seconds=round(time.monotonic() - began), kills=chaos.kills)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_memory_and_files_of_the_emulator_stay(own_project):
    """Deploy, update and destroy again and again in one emulator: under 20 % more memory, no more open files."""
    soak = Soak(own_project)

    def cycle() -> None:
        soak.deploy()
        soak.deploy()
        soak.destroy()

    for _ in range(3):
        cycle()
    emulator = psutil.Process(soak.emulator.pid)
    before, files, began = emulator.memory_info().rss, emulator.num_fds(), time.monotonic()
    for number in range(CYCLES):
        cycle()
        growth = round(emulator.memory_info().rss / before, 3)
        seconds = round(time.monotonic() - began)
        show(cycle=number + 1, of=CYCLES, seconds=seconds, memory=growth, files=emulator.num_fds() - files)
    assert emulator.memory_info().rss < 1.2 * before
    assert emulator.num_fds() <= files + 5
