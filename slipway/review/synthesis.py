"""Cloud assemblies of two checkouts, each made by its own app, beside one another."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from local_aws.client_environment import path_with_tools, without_aws_settings
from slipway.errors import CommandError
from slipway.printable import printable

_PROCESS = Path(__file__).with_name("synth_process.py")
_SECONDS_TO_END = 5
_NOT_INHERITED = ("CDK_DEFAULT_ACCOUNT", "CDK_DEFAULT_REGION", "CDK_CONTEXT_JSON", "CDK_OUTDIR", "PYTHONPATH")
"""What the CDK CLI tells an app of an account, and what would lead a checkout's imports to another one."""


@dataclass(frozen=True)
class Side:
    """One of the two checkouts.

    Parameters
    ----------
    name
        `base` or `head`.
    tree
        The checkout.
    environments
        Those that are synthesized.
    output
        Where the assemblies go, in a folder for each environment.
    """

    name: str
    tree: Path
    environments: Sequence[str]
    output: Path

    def assembly(self, environment: str) -> Path:
        """Where the cloud assembly of an environment is."""
        return self.output / environment


Failures = dict[str, str]
"""Why environments could not be synthesized, by their names."""


def synthesize(sides: Sequence[Side], progress: Callable[[str], None]) -> list[Failures]:
    """Synthesize the environments of each side, with no credentials; the sides at the same time.

    Parameters
    ----------
    sides
        What to synthesize.
    progress
        Hears of each environment.

    Returns
    -------
    list of dict
        What failed on each side.

    Raises
    ------
    CommandError
        A side's process ended before its time.
    """
    with _all_ended() as processes:
        for side in sides:
            side.output.mkdir(parents=True)
            if side.environments:
                processes.append((side, _start(side)))
        listeners = [_listen(side, process, progress) for side, process in processes]
        for _, process in processes:
            process.wait()
        for listener in listeners:
            listener.join(_SECONDS_TO_END)
    return [_failures(side) if side.environments else {} for side in sides]


def _start(side: Side) -> subprocess.Popen[str]:
    request = json.dumps({"output": str(side.output), "environments": list(side.environments)})
    with (side.output / "log").open("w", encoding="utf-8") as log:
        return subprocess.Popen(
            [sys.executable, "-P", str(_PROCESS), request],
            cwd=side.tree,
            env=_variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # Ctrl-C reaches this process, which ends those that it started
        )


def _variables() -> dict[str, str]:
    """Return the environment of a synth that knows no AWS, and has the checkout's Node first."""
    own = without_aws_settings(os.environ)
    for name in _NOT_INHERITED:
        own.pop(name, None)
    return {**own, "AWS_EC2_METADATA_DISABLED": "true", "PATH": path_with_tools()}


def _listen(side: Side, process: subprocess.Popen[str], progress: Callable[[str], None]) -> threading.Thread:
    def listen() -> None:
        for line in process.stdout or ():
            if line.strip() in side.environments:  # and not what the app itself prints
                progress(f"{side.name}: synthesizing {line.strip()}")

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    return thread


def _failures(side: Side) -> Failures:
    result = side.output / "result.json"
    if not result.is_file():
        log = (side.output / "log").read_text(encoding="utf-8", errors="replace").strip()
        reason = log.splitlines()[-1] if log else "it said nothing"
        raise CommandError(f"the synth of the {side.name} ended before its time: {printable(reason)}")
    failures: Failures = json.loads(result.read_bytes())
    return failures


@contextmanager
def _all_ended() -> Iterator[list[tuple[Side, subprocess.Popen[str]]]]:
    """Keep processes, none of which is left at the end."""
    processes: list[tuple[Side, subprocess.Popen[str]]] = []
    try:
        yield processes
    finally:
        for _, process in processes:
            if process.poll() is None:
                _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    """End a process and those that it started: Node, and the export of a model."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
