"""One trial: unpack, start, send every sample, measure, end."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assets import checkout
from assets.checkout import shown
from assets.model_folder import ModelFolder
from assets.preflight.errors import PreflightError
from assets.preflight.library import use_library_of_this_machine
from assets.preflight.limits import HostingTarget, limits_of
from assets.preflight.preparation import prepare
from assets.preflight.report import Report, SampleReport
from assets.preflight.sample_trial import OK, try_sample
from assets.preflight.server import RunningServer, free_port, running
from assets.preflight.server_choice import choose_server
from assets.preflight.unpacking import unpack
from assets.progress import Progress
from assets.samples import Sample


@dataclass(frozen=True)
class Trial:
    """A trial of one package.

    Parameters
    ----------
    model
        The model folder.
    tarball
        Its package.
    samples
        What is sent.
    target
        Where the package is meant to run.
    linked
        By name in the tarball, files that hold a member's bytes already.
    time_limit
        Seconds for all of it, but for what the server needs before its first start on this machine.
    """

    model: ModelFolder
    tarball: Path
    samples: Sequence[Sample]
    target: HostingTarget
    linked: Mapping[str, Path]
    time_limit: float

    def run(self, folder: Path, log: Path, progress: Progress) -> Report:
        """Run it.

        Parameters
        ----------
        folder
            An empty folder for the unpacked tarball; it is left to the caller.
        log
            The file for the server's output.
        progress
            Called with one line of text before each step that takes time.

        Raises
        ------
        PreflightError
            Something is not as it should be; nothing runs any more.
        """
        model_dir, port = folder / "model", free_port()
        packages = checkout.STATE / "preflight" / "packages"
        server = choose_server(self.target.container, model_dir, port, packages)
        prepare(server, folder, log, progress)
        deadline = time.monotonic() + self.time_limit
        progress(f"unpacking {self.model.name} to try it")
        unpack(self.tarball, model_dir, linked=self.linked, deadline=deadline)
        notes = use_library_of_this_machine(model_dir, packages, _Timed(progress, deadline))
        notes += [server.note] if server.note else []
        progress(f"starting the server of {self.model.name}")
        with running(server.command, server.environment, port=port, folder=model_dir, log=log) as process:
            started_after = self._wait(process, deadline, log, progress)
            progress(f"sending {len(self.samples)} samples to {self.model.name}")
            samples, memory = self._send_all(process, deadline, log, progress)
        return Report(
            container=self.target.container,
            hosting=self.target.hosting,
            started_after_s=round(started_after, 3),
            memory_bytes=memory,
            samples=tuple(samples),
            notes=tuple(notes),
        )

    def _wait(self, process: RunningServer, deadline: float, log: Path, progress: Progress) -> float:
        try:
            return process.wait_until_ready(deadline, progress.check)
        except PreflightError as error:
            limit = f" (all in all {self.time_limit:g} s)" if time.monotonic() >= deadline else ""
            problem = f"{shown(self.model.path)}: {error}{limit}."
            raise PreflightError(_with_output(problem, process, log)) from None

    def _send_all(
        self, process: RunningServer, deadline: float, log: Path, progress: Progress
    ) -> tuple[list[SampleReport], int]:
        limits = limits_of(self.target)
        memory = process.memory()
        reports: list[SampleReport] = []
        problems: list[str] = []
        for sample in self.samples:
            report, problem = try_sample(sample, process, limits, deadline, progress)
            reports.append(report)
            memory = max(memory, process.memory())
            if problem:
                problems.append(f"{shown(self.model.path / 'samples' / f'{sample.name}.yaml')}: {problem}.")
            if process.has_ended() or time.monotonic() >= deadline:
                break
        if len(reports) < len(self.samples) or time.monotonic() >= deadline:
            why = (
                "the server has ended" if process.has_ended() else f"the time limit, {self.time_limit:g} s, is up"
            )
            problems.append(
                f"{shown(self.model.path)}: {len(reports)} of {len(self.samples)} samples were sent: {why}."
            )
        if limits.memory_bytes is not None and memory > limits.memory_bytes:
            problems.append(
                f"{shown(self.model.path)}: the server has {memory / 2**20:.0f} MB of memory, more than the "
                f"{limits.memory_bytes / 2**20:.0f} MB of its serverless endpoint. Raise memory_size_in_mb."
            )
        if problems:
            answered = all(report.status == OK for report in reports) and not process.has_ended()
            text = "\n".join(problems)
            raise PreflightError(text if answered else _with_output(text, process, log))
        return reports, memory


class _Timed(Progress):
    """Calls the work off when the time limit is up."""

    def __init__(self, progress: Progress, deadline: float) -> None:
        super().__init__(progress)
        self._progress = progress
        self._deadline = deadline

    def check(self) -> None:
        self._progress.check()
        if time.monotonic() > self._deadline:
            raise PreflightError("installing what stands in for code/lib took the whole time limit of the trial.")


def _with_output(problem: str, process: RunningServer, log: Path) -> str:
    lines = process.last_lines()
    if not lines:
        return f"{problem}\nThe server wrote nothing."
    return "\n".join(
        [problem, "The server's last lines:", *(f"  {line}" for line in lines), f"All of it: {shown(log)}"]
    )
