"""A model folder's `model.py` → `model.pt` or `model.pt2`, in a process of its own, when its inputs changed."""

import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import IO

from assets import checkout
from assets.checkout import shown
from assets.contents import MODEL_FILE, export_inputs
from assets.errors import AssetError
from assets.manifest import ModelFile
from assets.model_folder import ModelFolder
from assets.progress import Progress
from assets.python_imports import follow_imports
from assets.records import Records
from assets.source_digest import Digests, combine
from assets.source_files import FileState, SourceFile, check_unchanged

_FORMAT = 2
"""Raised when the same inputs give another file than before."""

_KEEP = 2
"""Exports that stay for each model; each is as large as its weights."""

_PROCESS = Path(__file__).with_name("export_process.py")
_SECONDS_TO_END = 5
_SECONDS_BETWEEN_CHECKS = 0.2


@dataclass(frozen=True)
class Export:
    """The export of one model in its present state; nothing is made before `file` is called.

    Parameters
    ----------
    model
        The model folder.
    inputs
        The files that model.py could read.
    key
        Digest of what the export depends on: those files, the versions of torch, of the packages that
        model.py imports and of Python, the settings, and the format.
    """

    model: ModelFolder
    inputs: tuple[SourceFile, ...]
    key: str

    def describe(self) -> ModelFile:
        """Say which member the export becomes, and what makes it."""
        # What follows the plus sign names the platform that torch was built for, and not what it writes.
        torch = metadata.version("torch").partition("+")[0]
        python = ".".join(platform.python_version_tuple()[:2])
        return ModelFile(file=self._file_name, format=self.model.settings.format, torch=torch, python=python)

    def file(self, progress: Progress) -> SourceFile:
        """Return the exported file, made now if it is not there yet.

        Raises
        ------
        AssetError
            model.py does not give a module that can be exported.
        """
        records = self._records

        def make(folder: Path) -> dict[str, str]:
            progress(f"exporting {self.model.name} with torch {metadata.version('torch')}")
            self._run(folder, records.folder / "export.log", progress)
            check_unchanged(self.inputs)
            return {"torch": metadata.version("torch")}

        records.find_or_make(
            self.key, make, progress.waiting(f"waiting for another export of {self.model.name} to end")
        )
        path = records.path(self.key)
        return SourceFile(name=self._file_name, path=path, state=FileState.of(path.stat()))

    @property
    def path(self) -> Path:
        """Where the exported file lies once it is made; it may have been cleared away since."""
        return self._records.path(self.key)

    @property
    def _records(self) -> Records:
        return Records(
            folder=checkout.STATE / "exports" / self.model.state_name,
            file_name=self._file_name,
            facts_name="export.json",
            keep=_KEEP,
        )

    @property
    def _file_name(self) -> str:
        return "model.pt2" if self.model.settings.format == "torch-export" else "model.pt"

    def _run(self, result_folder: Path, log_path: Path, progress: Progress) -> None:
        """Run the export process to its end; what the model's code prints goes to the log."""
        folder = self.model.path
        options = ["--freeze"] if self.model.settings.freeze else []
        python = [sys.executable, "-P", "-B", "-X", "utf8", str(_PROCESS)]
        with log_path.open("wb") as log:
            command = [*python, str(folder), str(result_folder), self._file_name, *options]
            status = _wait_for(command, cwd=folder, log=log, progress=progress)
        whole_story = f"The whole output is in {shown(log_path)}."
        failure = result_folder / "failure.json"
        if failure.exists():
            facts = json.loads(failure.read_text())
            line = f", line {facts['line']}" if facts["line"] else ""
            message = f"{shown(folder / facts['file'])}{line}: {facts['reason']}"
            raise AssetError(f"{message}\n{whole_story}" if facts["traceback"] else message)
        if status != 0 or not (result_folder / self._file_name).exists():
            ended = (
                f"was ended by signal {-status}, as when memory runs out"
                if status < 0
                else f"ended with status {status}"
            )
            raise AssetError(f"{shown(folder / MODEL_FILE)}: the process that exports it {ended}. {whole_story}")


def plan_export(
    model: ModelFolder, files: Mapping[str, SourceFile], digests: Digests, progress: Progress
) -> Export:
    """Say what the export of `model` depends on; torch is not imported.

    Parameters
    ----------
    model
        The model folder.
    files
        Its files by name.
    digests
        Of the files.
    progress
        Hears of the reading of files that are large and new.

    Raises
    ------
    AssetError
        There is no model.py, one of its modules is not valid Python, or torch is not installed.
    """
    if MODEL_FILE not in files:
        raise AssetError(
            f"{shown(model.path)}: has no {MODEL_FILE}. Write one with a function create_model() that returns the "
            f"torch.nn.Module, as {shown(checkout.MODEL_CODE / 'linear')} does, or name a ready file by `weights` "
            "in model.yaml."
        )
    imports = follow_imports(files, MODEL_FILE)
    names = export_inputs(files, imports, model.settings.entry_point)
    versions = {package: _version(package) for package in {*imports.packages, "torch"}}
    if versions["torch"] is None:
        raise AssetError("torch is not installed, and exporting a model needs it: run `make setup`.")
    inputs = tuple(files[name] for name in names)
    key = combine(
        {
            "format": _FORMAT,
            "files": digests.of(inputs, progress),
            "packages": versions,
            "python": platform.python_version_tuple()[:2],
            "settings": [model.settings.format, model.settings.freeze],
        }
    )
    return Export(model=model, inputs=inputs, key=key)


@cache
def _version(package: str) -> str | None:
    """Return the version of the distribution that bears the name of an imported package, if there is one."""
    if package in sys.stdlib_module_names:
        return None
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _wait_for(command: list[str], *, cwd: Path, log: IO[bytes], progress: Progress) -> int:
    # The pipe is the process's sign of life of this one. A session of its own keeps the terminal's Ctrl-C to
    # this process, which then ends the other one and leaves nothing behind. Python's hash seed orders sets.
    process = subprocess.Popen(
        command,
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        start_new_session=True,
    )
    try:
        while True:
            progress.check()
            with suppress(subprocess.TimeoutExpired):
                return process.wait(_SECONDS_BETWEEN_CHECKS)
    finally:
        if process.poll() is None:
            _end(process)
        if process.stdin:
            process.stdin.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and those that the model's code started in its session."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
