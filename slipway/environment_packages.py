"""The packages that an environment needs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from assets.model_folder import ModelFolder, find_model
from slipway.environments import load
from slipway.errors import CommandError
from slipway.package_job import PackageJob
from stacks.targets import endpoint_target


def environment_jobs(environment: str, output: Path | None) -> list[PackageJob]:
    """List the models of an environment, each once; with vendored dependencies, once for each container.

    Parameters
    ----------
    environment
        Its name.
    output
        A folder that gets a folder for each package, or None.

    Raises
    ------
    CommandError
        It has no model to pack, or two of one name.
    SettingsError
        There is no such environment, or its file is wrong.
    """
    jobs: dict[tuple[Path, str], PackageJob] = {}
    endpoints = load(environment).endpoints.values()
    packed = [(one, variant) for one in endpoints for variant in one.all_variants if variant.model]
    for endpoint, variant in packed:
        model, target = find_model(variant.model), endpoint_target(endpoint, variant)
        new = PackageJob(model, (target,))
        key = model.path, target.container if new.is_vendored else ""
        known = jobs.get(key)
        jobs[key] = replace(known, targets=tuple(dict.fromkeys((*known.targets, target)))) if known else new
    if not jobs:
        raise CommandError(f"Environment {environment} has no endpoint with a model to pack.")
    _refuse_equal_names([job.model for job in jobs.values()])
    return [replace(job, output=output and _folder(job, list(jobs.values()), output)) for job in jobs.values()]


def _refuse_equal_names(models: list[ModelFolder]) -> None:
    by_name: dict[str, ModelFolder] = {}
    for model in models:
        other = by_name.setdefault(model.name, model)
        if other.path != model.path:
            raise CommandError(
                f"Two models are called {model.name}: {other.path} and {model.path}. Rename one, or "
                "package them one by one."
            )


def _folder(job: PackageJob, jobs: list[PackageJob], output: Path) -> Path:
    """Return the folder of a model; vendored for several containers, it has one for each."""
    several = sum(other.model.path == job.model.path for other in jobs) > 1
    return output / (f"{job.model.name}-{job.container}" if several else job.model.name)
