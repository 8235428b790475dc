"""`slipway inspect`: what would fail after the upload, found before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from assets.checkout import shown
from assets.inspection import Finding, Reviewed, Target, review, target_of
from assets.inspection.contents import is_model_file
from assets.inspection.inspection import inspect_members, inspect_tarball
from assets.model_folder import ModelFolder, find_model
from assets.plan import DEFAULT_CONTAINER, plan_package
from assets.progress import Progress
from assets.source_digest import Digests
from assets.source_files import FileState, SourceFile
from slipway import environments
from slipway.console import print_json
from slipway.errors import CommandError
from slipway.package_progress import package_progress
from stacks.containers import CONTAINER_NAMES
from stacks.settings import Variant
from stacks.targets import endpoint_target


@dataclass(frozen=True)
class _Subject:
    """What is inspected.

    Parameters
    ----------
    model
        The model folder; None for a file.
    inspect
        Inspects it for a target.
    """

    model: ModelFolder | None
    inspect: Callable[[Target], list[Finding]]


def inspect_command(
    subject: Annotated[
        str,
        typer.Argument(metavar="TARBALL|MODEL", help="A model.tar.gz, a model, its folder, or a model file."),
    ],
    env: Annotated[
        str | None, typer.Option(help="Inspect for the endpoints of this environment that use the model.")
    ] = None,
    container: Annotated[
        str | None,
        typer.Option(
            help=f"Inspect for this container: {', '.join(CONTAINER_NAMES)} (default: {DEFAULT_CONTAINER})."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find what would fail after the upload; exit with 1 if there is an error among it."""
    if env and container:
        raise CommandError("--env and --container each choose the container: give one of the two.")
    with package_progress() as progress:
        found = _subject(subject, progress)
        targets = _environment_targets(env, found.model) if env else [_container_target(container)]
        findings = [finding for target in targets for finding in found.inspect(target)]
    reviewed = review(findings, found.model.settings.acknowledge if found.model else {})
    if as_json:
        print_json(_facts(subject, targets, reviewed))
    else:
        _print(subject, targets, reviewed)
    if any(finding.severity == "error" for finding in reviewed.findings):
        raise typer.Exit(1)


def _subject(name: str, progress: Progress) -> _Subject:
    path = Path(name).expanduser()
    if path.is_file() and is_model_file(path.name):
        file = SourceFile(name=path.name, path=path.resolve(), state=FileState.of(path.stat()))
        return _Subject(None, lambda target: inspect_members({file.name: file}, target, progress=progress))
    if path.is_file():
        return _Subject(None, lambda target: inspect_tarball(path, target, progress=progress))
    model = find_model(name)
    plan = plan_package(model, Digests(model.state_name), progress)
    members = plan.members(progress)
    return _Subject(
        model,
        lambda target: inspect_members(members, target, exported_by=plan.model_file.torch, progress=progress),
    )


def _container_target(container: str | None) -> Target:
    if container is not None and container not in CONTAINER_NAMES:
        raise CommandError(f"--container: {container!r} is no container; allowed: {', '.join(CONTAINER_NAMES)}.")
    return target_of(container or DEFAULT_CONTAINER)


def _environment_targets(name: str, model: ModelFolder | None) -> list[Target]:
    """Return the targets of the variants that use the model, or of all variants for a tarball."""
    settings = environments.load(name)
    targets = [
        endpoint_target(endpoint, variant)
        for endpoint in settings.endpoints.values()
        for variant in endpoint.all_variants
        if model is None or _uses(variant, model)
    ]
    if not targets:
        used = f"uses the model {model.name}" if model else "is there"
        raise CommandError(f"In the environment {name} no endpoint {used}: choose another one, or --container.")
    return list(dict.fromkeys(targets))


def _uses(variant: Variant, model: ModelFolder) -> bool:
    return bool(variant.model) and find_model(variant.model).path == model.path


def _facts(subject: str, targets: list[Target], reviewed: Reviewed) -> dict[str, Any]:
    return {
        "subject": subject,
        "targets": [asdict(target) for target in targets],
        "findings": [asdict(finding) for finding in reviewed.findings],
        "acknowledged": [{**asdict(finding), "reason": reason} for finding, reason in reviewed.acknowledged],
    }


def _print(subject: str, targets: list[Target], reviewed: Reviewed) -> None:
    for finding in reviewed.findings:
        typer.echo(f"{finding.severity}: {finding.id}: {finding.where}")
        typer.echo(f"    {finding.what}")
        typer.echo(f"    Mend: {finding.mend}")
    for finding, reason in reviewed.acknowledged:
        typer.echo(f"acknowledged: {finding.id}: {finding.where}")
        typer.echo(f"    {finding.what}")
        typer.echo(f"    Reason: {reason}")
    counts = Counter(finding.severity for finding in reviewed.findings)
    places = ", ".join(_place(target) for target in targets)
    total = f"errors: {counts['error']}, warnings: {counts['warning']}, acknowledged: {len(reviewed.acknowledged)}"
    typer.echo(f"{shown(Path(subject))} for {places}: {total}")


def _place(target: Target) -> str:
    python = ".".join(map(str, target.python))
    hosting = f", {target.hosting}" if target.hosting else ""
    return f"{target.container} (Python {python}, torch {target.torch}{hosting})"
