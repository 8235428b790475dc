"""Kills the CDK CLI in the middle of a deployment or a destruction, at moments that its own output marks."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
from pathlib import Path
from typing import Any

from .conftest import Project
from .left_behind import resource_names

ROOT = Path(__file__).resolve().parents[2]
ROW = json.dumps([[1.0] * 10])
OPERATIONS = {
    "deploy": ("deploy", "--all", "--require-approval", "never", "--progress", "events"),
    "destroy": ("destroy", "--all", "--force"),
}
_TRIES = 3


class KillPoints:
    """A project whose deployments and destructions are killed, and then brought to their end.

    Parameters
    ----------
    project
        On a local AWS that lives on: only the CLI is killed.
    seed
        Decides about operations and moments.
    models
        How many assemblies with other weights there are, so that a deployment over another one is an update.
    """

    def __init__(self, project: Project, seed: int, models: int = 1) -> None:
        self._project = project
        self._random = random.Random(seed)  # noqa: S311 - the same moments in every run
        self._assemblies = [self._synthesized(number) for number in range(models)]
        self._model = 0
        self._is_deployed = False
        self._lines = {"deploy": 40, "destroy": 20}
        """How much each operation writes, at the least."""

    def kill_and_finish(self, operation: str, end: str) -> dict[str, Any]:
        """Kill an operation at a random line of its output, then reach an end by hand; return what happened.

        Parameters
        ----------
        operation
            `deploy`, over nothing or over an older deployment, or `destroy`.
        end
            The same two words: what is then repeated until it is done.
        """
        if operation == "destroy" and not self._is_deployed:
            self._finish("deploy")
        self._model = (self._model + 1) % len(self._assemblies)
        line, killed = self._killed(operation)
        tries = self._finish(end)
        return {"operation": operation, "line": line, "killed": killed, "end": end, "tries": tries}

    def random_kill(self) -> dict[str, Any]:
        """Kill and finish; both operations by chance."""
        return self.kill_and_finish(*(self._random.choice(sorted(OPERATIONS)) for _ in range(2)))

    def _killed(self, operation: str) -> tuple[int, bool]:
        """Run an operation, and kill the CLI with all of its processes once it has written so many lines."""
        last = self._random.randint(1, self._lines[operation])
        command = subprocess.Popen(
            ["slipway", *self._command(operation)],
            cwd=ROOT,
            env=self._project.machine.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        written = 0
        for _ in command.stdout or ():
            written += 1
            if written == last:
                break
        killed = written == last and command.poll() is None
        if killed:
            os.killpg(command.pid, signal.SIGKILL)
        command.communicate()
        return written, killed

    def _finish(self, end: str) -> int:
        """Repeat an operation until it succeeds, as somebody does whose command was killed; return how often."""
        tries, is_done = 0, False
        while not is_done:
            if tries:  # it waits until CloudFormation is done with what the killed command had started
                self._project.slipway("verify-clean", check=False)
            done = self._project.machine.slipway(*self._command(end), check=False)
            tries, is_done = tries + 1, done.returncode == 0
            assert is_done or tries < _TRIES, done.stdout + done.stderr
        self._lines[end] = max(self._lines[end], len((done.stdout + done.stderr).splitlines()))
        if end == "deploy":
            self._check_deployed()
        else:
            self._check_gone()
        self._is_deployed = end == "deploy"
        return tries

    def _check_deployed(self) -> None:
        runtime = self._project.machine.client("sagemaker-runtime")
        name = self._project.endpoint_name()
        answer = runtime.invoke_endpoint(EndpointName=name, ContentType="application/json", Body=ROW)
        assert sum(json.loads(answer["Body"].read())[0]) > 0
        told = json.loads(self._project.slipway("verify-clean", "--json").stdout)
        assert set(told["deployed"].values()) <= {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
        assert set(told["deployed"]) == {self._project.stack("artifacts"), self._project.stack("scores")}

    def _check_gone(self) -> None:
        told = json.loads(self._project.slipway("verify-clean", "--json").stdout)
        assert (told["clean"], told["deployed"], told["left_over"]) == (True, {}, [])
        names = resource_names(self._project.machine.client)
        assert [name for name in names if self._project.name in name.lower()] == []

    def _command(self, operation: str) -> list[str]:
        app = ("--app", str(self._assemblies[self._model]), "--no-color")
        return ["local", "run", "--", "cdk", *OPERATIONS[operation], *app]

    def _synthesized(self, number: int) -> Path:
        project = self._project
        model = project.model / "model.py"
        text = model.read_text()
        model.write_text(text.replace("manual_seed(0)", f"manual_seed({number})"))
        context = ("-c", "env=local", "-c", f"environments={project.environments}", "-c", "preflight=false")
        folder = project.folder / f"assembly.{number}"
        project.machine.run("cdk", "synth", "--quiet", *context, "--output", str(folder), "--no-color")
        model.write_text(text)
        return folder
