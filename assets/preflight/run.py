"""The trial of a package, unless the same package has passed the same trial before."""

import json
import platform
import shutil
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from assets import checkout
from assets.model_folder import ModelFolder
from assets.package import Package
from assets.preflight.limits import HostingTarget
from assets.preflight.report import Report
from assets.preflight.server_choice import software_folders
from assets.preflight.tree_digest import digest_of_own_files, digest_tree
from assets.progress import as_progress
from assets.records import Records
from assets.source_digest import combine

DEFAULT_TIME_LIMIT = 180.0
"""Seconds for a whole trial: what a serverless endpoint gives its container to start."""

_FORMAT = 2
"""Raised when a trial asks for more than before."""

_KEEP = 16
"""Trials that stay for each model: of a few packages, each for a few ways of hosting."""

_REPORT = "report.json"


def preflight(
    package: Package,
    model: ModelFolder,
    target: HostingTarget,
    *,
    progress: Callable[[str], None],
    linked: Mapping[str, Path] | None = None,
    time_limit: float = DEFAULT_TIME_LIMIT,
) -> Report:
    """Start the server of a package's container on this machine, and send it every sample of the model.

    A trial that passed is remembered by what it depends on: the package, the samples, the target, the serving
    software and the versions of Python and torch. It is not repeated.

    Parameters
    ----------
    package
        The package.
    model
        Its model folder, for the samples.
    target
        Where the package is meant to run, for the container and the limits.
    progress
        Called with one line of text before each step that takes time.
    linked
        By name in the tarball, files that hold a member's bytes already, such as the exported `model.pt`: they
        are linked instead of unpacked.
    time_limit
        Seconds for all of it, but for the installation of a server's software before its first start here.

    Raises
    ------
    PreflightError
        The server does not start or a sample fails, with the container's own error; nothing runs any more.
    AssetError
        A sample is not written as it must be.
    """
    steps = as_progress(progress)
    records = Records(
        # By its name alone: what a trial depends on is in the key, so copies of a model share what they passed.
        folder=checkout.STATE / "preflight" / "models" / model.name,
        file_name=_REPORT,
        facts_name="trial.json",
        keep=_KEEP,
    )

    def make(folder: Path) -> dict[str, Any]:
        # Only now: a trial that has passed before costs none of these modules.
        from assets.preflight.trial import Trial  # noqa: PLC0415
        from assets.samples import load_samples  # noqa: PLC0415

        trial = Trial(
            model=model,
            tarball=package.path,
            samples=load_samples(model),
            target=target,
            linked=linked or {},
            time_limit=time_limit,
        )
        report = trial.run(folder, records.folder / "server.log", steps)
        shutil.rmtree(folder / "model")
        (folder / _REPORT).write_text(json.dumps(report.to_json(), indent=2) + "\n", encoding="utf-8")
        return {"report": report.to_json()}

    waiting = steps.waiting(f"waiting for another trial of {model.name} to end")
    facts = records.find_or_make(_key(package, model, target), make, waiting)
    return Report.from_json(facts["report"])


def _key(package: Package, model: ModelFolder, target: HostingTarget) -> str:
    return combine(
        {
            "format": _FORMAT,
            "package": package.digest,
            "samples": digest_tree(model.path / "samples"),
            "container": target.container,
            "hosting": target.hosting,
            "memory_size_in_mb": target.memory_size_in_mb,
            "software": [digest_of_own_files(folder) for folder in software_folders(target.container)],
            "python": platform.python_version(),
            "torch": metadata.version("torch"),
        }
    )
