"""One trial: unpack, start, send every sample, measure, end."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from assets import checkout
from assets.checkout import shown
from assets.model_folder import ModelFolder
from assets.preflight.answers import difference
from assets.preflight.errors import PreflightError
from assets.preflight.exchange import Answer, NoAnswerError, send
from assets.preflight.library import use_library_of_this_machine
from assets.preflight.limits import HostingTarget, Limits, limits_of
from assets.preflight.report import Report, SampleReport
from assets.preflight.server import RunningServer, free_port, running
from assets.preflight.server_choice import choose_server
from assets.preflight.unpacking import unpack
from assets.progress import Progress
from assets.samples import Sample

_OK = 200
_BODY_SHOWN = 1000
_CHECK_INTERVAL = 0.1
_SECONDS_TO_END = 1.0
"""What a server that closes a connection gets to end: then that is what there is to say."""


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
        Seconds for all of it.
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
        deadline = time.monotonic() + self.time_limit
        model_dir = folder / "model"
        progress(f"unpacking {self.model.name} to try it")
        unpack(self.tarball, model_dir, linked=self.linked, deadline=deadline)
        packages = checkout.STATE / "preflight" / "packages"
        notes = use_library_of_this_machine(model_dir, packages, _Timed(progress, deadline))
        port = free_port()
        server = choose_server(self.target.container, model_dir, port, packages)
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
            report, problem = _exchange(sample, process, limits, deadline, progress)
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
            answered = all(report.status == _OK for report in reports) and not process.has_ended()
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


def _exchange(
    sample: Sample, process: RunningServer, limits: Limits, deadline: float, progress: Progress
) -> tuple[SampleReport, str | None]:
    """Send a sample; return what was measured and what is wrong."""
    left = deadline - time.monotonic()
    seconds = left if limits.seconds is None else min(left, limits.seconds)
    answer: Answer | None = None
    try:
        answer = _send(sample, process.port, seconds, progress)
        problem = _answer_problem(sample, answer, limits)
        spent = answer.seconds
    except NoAnswerError as error:
        cut = limits.seconds == seconds and not error.closed
        problem = f"{error}; the hosting ends a request after {limits.seconds} s" if cut else str(error)
        spent = error.seconds
        if error.closed:
            process.wait_for_end(_SECONDS_TO_END)
    if problem is None:
        problem = _size_problem("request", len(sample.body), limits.request_bytes)
    report = SampleReport(
        name=sample.name,
        status=answer.status if answer else None,
        latency_s=round(spent, 6),
        request_bytes=len(sample.body),
        response_bytes=len(answer.body) if answer else 0,
        ok=problem is None,
    )
    return report, problem


def _send(sample: Sample, port: int, seconds: float, progress: Progress) -> Answer:
    """Send a sample from a thread, so that the work can be called off: the server's end ends the thread, too."""
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        answer = pool.submit(send, sample, port, seconds=seconds)
        while not wait([answer], timeout=_CHECK_INTERVAL).done:
            progress.check()
        return answer.result()
    finally:
        pool.shutdown(wait=False)


def _answer_problem(sample: Sample, answer: Answer, limits: Limits) -> str | None:
    if answer.status != _OK:
        body = answer.body[:_BODY_SHOWN].decode(errors="replace").strip()
        return f"was answered with status {answer.status}: {body}"
    if sample.expected is not None:
        found = difference(sample.expected, answer.body, answer.content_type, sample.tolerance)
        if found:
            return f"the answer is not the expected one: {found} (tolerance {sample.tolerance:g})"
    return _size_problem("answer", len(answer.body), limits.response_bytes)


def _size_problem(what: str, size: int, limit: int | None) -> str | None:
    if limit is None or size <= limit:
        return None
    return f"the {what} has {size} bytes, and the hosting takes {limit}"


def _with_output(problem: str, process: RunningServer, log: Path) -> str:
    lines = process.last_lines()
    if not lines:
        return f"{problem}\nThe server wrote nothing."
    return "\n".join(
        [problem, "The server's last lines:", *(f"  {line}" for line in lines), f"All of it: {shown(log)}"]
    )
