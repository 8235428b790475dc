"""`slipway verify-clean`: what is left of an environment, and its removal."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slipway.console import print_json, say
from slipway.environments import connect, environments_folder, load
from slipway.errors import CommandError
from stacks.settings import (
    ENVIRONMENTS,
    EnvironmentSettings,
    SettingsError,
    check_account,
    environment_names,
    load_environment,
)

if TYPE_CHECKING:
    from slipway.cleanup.finding import Clients, Finding
    from slipway.cleanup.removal import Failure
    from slipway.cleanup.survey import Survey


_WITH_STACKS = (
    "With a stack go its resources, and what shows only then that nothing else has it: images, log groups that "
    "SageMaker wrote again, templates, objects of a former endpoint."
)


def verify_clean_command(
    env: Annotated[str, typer.Option(help="The environment.")] = "local",
    remove: Annotated[bool, typer.Option("--remove", help="Remove what is left over.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before removing.")] = False,
    former: Annotated[
        list[str] | None,
        typer.Option(help="An endpoint that was once in the environment's file; several are allowed."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Look for what is left of an environment, and end with an error if anything is."""
    from slipway.cleanup.removal import remove_all  # noqa: PLC0415 (botocore takes a while)
    from slipway.cleanup.surveyor import Surveyor  # noqa: PLC0415

    settings = load(env)
    clients = functools.cache(connect(settings))
    _check_account(clients, settings)
    removed: tuple[Finding, ...] = ()
    failures: tuple[Failure, ...] = ()
    with _progress() as looking:
        surveyor = Surveyor(clients, settings, _others(settings), former or (), say, looking)
        survey = surveyor.survey()
    if remove and _is_agreed(survey, yes=yes, as_json=as_json):
        with _progress() as looking:
            surveyor.looking = looking
            removal = remove_all(surveyor, survey)
        survey, removed, failures = removal.survey, removal.removed, removal.failures
    if as_json:
        print_json(_document(env, survey, removed, failures))
    else:
        _print(env, survey, removed, failures)
    if not survey.is_clean:
        raise typer.Exit(1)


def _check_account(clients: Clients, settings: EnvironmentSettings) -> None:
    account = clients("sts").get_caller_identity()["Account"]
    check_account(settings, account, environments_folder() or ENVIRONMENTS)


def _others(settings: EnvironmentSettings) -> list[EnvironmentSettings]:
    """Return the other environments of the same account and region, as far as their files can be read."""
    folder = environments_folder() or ENVIRONMENTS
    others = []
    for name in environment_names(folder):
        if name == settings.name:
            continue
        try:
            other = load_environment(name, folder)
        except SettingsError as error:
            say(f"{error}\nWhat the environment {name} owns is not known: its file cannot be read")
            continue
        if (other.account, other.region) == (settings.account, settings.region):
            others.append(other)
    return others


def _is_agreed(survey: Survey, *, yes: bool, as_json: bool) -> bool:
    """Whether there is something to remove and the user wants it removed."""
    removable = [finding for finding in survey.findings if finding.is_removable]
    if not removable or yes:
        return bool(removable)
    if as_json or not sys.stdin.isatty():
        raise CommandError(f"{len(removable)} resources would be removed, and nobody can be asked: add --yes")
    for finding in removable:
        say(f"{finding.resource.kind:<16}{finding.resource.name}")
    has_stack = any(finding.resource.kind == "stack" for finding in removable)
    too = f" {_WITH_STACKS}" if has_stack else ""
    return typer.confirm(f"Remove these {len(removable)}? What they hold is lost.{too}", err=True)


@contextmanager
def _progress() -> Iterator[Any]:
    """Show on a terminal what is being looked at."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 (it takes a tenth of a second)

    with Console(stderr=True).status("looking", spinner="dots") as status:
        yield lambda what: status.update(f"looking for {what}")


def _document(env: str, survey: Survey, removed: Iterable[Finding], failures: Iterable[Failure]) -> dict[str, Any]:
    by_state: dict[str, list[dict[str, Any]]] = {"left over": [], "kept": [], "trace": []}
    for finding in survey.findings:
        by_state[finding.state].append(_as_json(finding))
    return {
        "environment": env,
        "clean": survey.is_clean,
        "deployed": survey.deployed,
        "left_over": by_state["left over"],
        "kept": by_state["kept"],
        "traces": by_state["trace"],
        "not_looked_at": [{"what": unseen.what, "reason": unseen.reason} for unseen in survey.unseen],
        "closed": [{"kind": one.kind, "name": one.name} for one in survey.closed],
        "removed": [{"kind": one.resource.kind, "name": one.resource.name} for one in removed],
        "not_removed": [
            {"kind": one.finding.resource.kind, "name": one.finding.resource.name, "reason": one.reason}
            for one in failures
        ],
    }


def _as_json(finding: Finding) -> dict[str, Any]:
    resource = finding.resource
    return {
        "kind": resource.kind,
        "name": resource.name,
        "detail": resource.says or None,
        "reason": finding.reason,
        "note": finding.note,
        "commands": list(finding.commands),
    }


def _print(env: str, survey: Survey, removed: Iterable[Finding], failures: Iterable[Failure]) -> None:
    for one in removed:
        typer.echo(f"removed         {one.resource.kind} {one.resource.name}")
    for failure in failures:
        say(f"not removed: {failure.finding.resource.kind} {failure.finding.resource.name}: {failure.reason}")
    for state, title in (("left over", "Left over"), ("kept", "Kept on purpose"), ("trace", "Traces")):
        found = [finding for finding in survey.findings if finding.state == state]
        if found:
            typer.echo(f"{title} of {env}:")
        for finding in found:
            _print_finding(finding)
    for unseen in survey.unseen:
        say(f"could not look at {unseen.what}: {unseen.reason}")
    for closed in survey.closed:
        say(f"the {closed.kind} {closed.name} refuses to be described: taken for somebody else's")
    typer.echo(_verdict(env, survey))


def _print_finding(finding: Finding) -> None:
    resource = finding.resource
    typer.echo(f"  {resource.kind:<16}{resource.name}{f' ({resource.says})' if resource.says else ''}")
    typer.echo(f"  {'':<16}{finding.reason}")
    if finding.note:
        typer.echo(f"  {'':<16}{finding.note}")
    for command in finding.commands:
        typer.echo(f"  {'':<16}$ {command}")


def _verdict(env: str, survey: Survey) -> str:
    number = len(survey.left_over)
    deployed = ", ".join(_shown(*stack) for stack in survey.deployed.items()) or "no stack"
    if survey.is_clean:
        return f"{env} is clean: nothing is left over. Deployed: {deployed}"
    if not number:
        return f"{env}: nothing was found, but not all could be looked at. Deployed: {deployed}"
    verdict = f"{env}: {number} left over. Deployed: {deployed}"
    if any(finding.is_removable for finding in survey.left_over):
        return f"{verdict}. `slipway verify-clean --env {env} --remove` removes it"
    return verdict


def _shown(stack: str, status: str) -> str:
    return stack if status.endswith("_COMPLETE") else f"{stack} ({status})"
