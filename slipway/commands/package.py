"""`slipway package`: model folders → model.tar.gz, tried on this machine."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from assets.checked_package import CheckedPackage, checked_package
from assets.checkout import shown
from assets.errors import AssetError
from assets.inspection.target import target_of
from assets.model_folder import find_model
from assets.package import TARBALL
from assets.plan import DEFAULT_CONTAINER
from assets.preflight import DEFAULT_TIME_LIMIT
from assets.vendored.resolve import update_lock as renew_lock
from slipway.console import print_json
from slipway.defaults import LOCAL_ENVIRONMENT
from slipway.errors import CommandError
from slipway.package_job import PackageJob
from slipway.package_progress import StoppableProgress, package_progress

_UNIT = 1024


def package_command(
    model: Annotated[
        str | None,
        typer.Argument(
            help="A model in model_code/, or the path of a model folder; by default all of an environment."
        ),
    ] = None,
    env: Annotated[
        str, typer.Option("--env", help="The environment whose models are packed when none is named.")
    ] = LOCAL_ENVIRONMENT,
    container: Annotated[
        str | None, typer.Option(help=f"The container that a named model is for (default: {DEFAULT_CONTAINER}).")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Write model.tar.gz into this folder, too; into a folder each where no model is named.",
            file_okay=False,
        ),
    ] = None,
    update_lock: Annotated[
        bool, typer.Option("--update-lock", help="Choose the wheels of vendored dependencies anew first.")
    ] = False,
    preflight: Annotated[
        bool, typer.Option("--preflight/--no-preflight", help="Whether samples/ are sent to the package's server.")
    ] = True,
    preflight_time_limit: Annotated[
        float, typer.Option(help="Seconds that trying one package may take.", min=1)
    ] = DEFAULT_TIME_LIMIT,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Pack models into the model.tar.gz that SageMaker hosts and try them; print paths, sizes and digests."""
    if model is not None:
        jobs = [PackageJob(find_model(model), (target_of(container or DEFAULT_CONTAINER),), output)]
    elif container is None:
        # Only here: the settings of an environment, and the AWS on this machine, take a while to import.
        from slipway.environment_packages import environment_jobs  # noqa: PLC0415

        jobs = environment_jobs(env, output)
    else:
        raise CommandError("--container is for a named model; an environment names a container for each endpoint.")
    limit = preflight_time_limit if preflight else None
    with package_progress() as progress:
        if update_lock:
            _update_locks(jobs, progress)
        packed = _package_all(jobs, limit, progress)
    all_facts = [_facts(checked, job.output) for checked, job in zip(packed, jobs, strict=True)]
    if as_json:
        print_json(all_facts[0] if model is not None else {"environment": env, "packages": all_facts})
        return
    for facts, checked in zip(all_facts, packed, strict=True):
        if model is None:
            typer.echo(f"model   {facts['model']}")
        _print(facts, checked)


def _update_locks(jobs: list[PackageJob], progress: StoppableProgress) -> None:
    vendored = [job for job in jobs if job.is_vendored]
    if not vendored:
        raise CommandError(
            f"--update-lock: {', '.join(sorted({job.model.name for job in jobs}))}: no model.yaml here says "
            "dependencies: vendored. Write that, or leave the option out."
        )
    for job in vendored:
        progress(f"locked {shown(renew_lock(job.model, job.container, progress=progress))}")


def _package_all(
    jobs: list[PackageJob], time_limit: float | None, progress: StoppableProgress
) -> list[CheckedPackage]:
    """Package models beside one another; what is wrong with any of them is reported together."""
    if len(jobs) == 1:
        return [_package(jobs[0], time_limit, progress)]
    with ThreadPoolExecutor(max_workers=_processors()) as pool:
        futures = [pool.submit(_package, job, time_limit, progress) for job in jobs]
        try:
            failures = [str(error) for future in futures if (error := _error(future))]
        except BaseException:
            progress.stop()
            pool.shutdown(cancel_futures=True)
            raise
    if failures:
        raise AssetError("\n".join(dict.fromkeys(failures)))
    return [future.result() for future in futures]


def _package(job: PackageJob, time_limit: float | None, progress: StoppableProgress) -> CheckedPackage:
    return checked_package(
        job.model,
        job.targets,
        output_dir=job.output,
        progress=progress,
        with_preflight=time_limit is not None,
        time_limit=time_limit or DEFAULT_TIME_LIMIT,
    )


def _processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _error(future: Future[CheckedPackage]) -> AssetError | None:
    try:
        future.result()
    except AssetError as error:
        return error
    return None


def _facts(checked: CheckedPackage, output: Path | None) -> dict[str, Any]:
    packed = checked.package
    return {
        "model": packed.model,
        "path": str(packed.path if output is None else output.absolute() / TARBALL),
        "size": packed.size,
        "digest": packed.digest,
        "entry_point": packed.entry_point,
        "container": packed.container,
        "findings": [asdict(finding) for finding in checked.reviewed.findings],
        "preflight": [report.to_json() for report in checked.reports],
    }


def _print(facts: dict[str, Any], checked: CheckedPackage) -> None:
    typer.echo(f"path    {facts['path']}")
    typer.echo(f"size    {facts['size']} bytes ({readable(facts['size'])})")
    typer.echo(f"digest  {facts['digest']}")
    for line in (line for report in checked.reports for line in report.lines()):
        typer.echo(f"tried   {line}")


def readable(size: int) -> str:
    """Return `size`, in bytes, with a binary unit."""
    if size < _UNIT:
        return f"{size} B"
    number = size / _UNIT
    for unit in ("KiB", "MiB"):
        if number < _UNIT:
            return f"{number:.2f} {unit}"
        number /= _UNIT
    return f"{number:.2f} GiB"
