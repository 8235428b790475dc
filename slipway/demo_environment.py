"""What `slipway demo` deploys: the local environment, or an example in an environment of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assets import checkout
from assets.nearest import did_you_mean
from assets.yaml_file import read_mapping
from slipway.environments import LOCAL_ENVIRONMENT, environments_folder, load
from slipway.errors import CommandError
from stacks.settings import ENVIRONMENTS, EnvironmentSettings, load_environment


@dataclass(frozen=True)
class DemoEnvironment:
    """An environment for AWS on this machine, and the endpoint that a demo asks.

    Parameters
    ----------
    settings
        Of the environment.
    endpoint
        The endpoint's name there.
    folder
        Where the environment's file lies; None for the checkout's own environments.
    example
        The example that the environment's file is a copy of; None for the local environment itself.
    """

    settings: EnvironmentSettings
    endpoint: str
    folder: Path | None
    example: Path | None


def demo_environment(name: str) -> DemoEnvironment:
    """Return the environment in which a demo finds an endpoint.

    That is the local one when it has the endpoint. Else it is the example of that name, alone: a copy of it
    becomes the local environment of a folder below `.slipway/demo`; the environments' own files stay as they are.

    Parameters
    ----------
    name
        Of the endpoint, or of its model: an underscore, which no endpoint's name may hold, becomes a hyphen.

    Raises
    ------
    SettingsError
        The environment's file, or the example's, is wrong.
    CommandError
        Neither has such an endpoint.
    """
    endpoint = name.replace("_", "-")
    settings = load(LOCAL_ENVIRONMENT)
    folder = environments_folder()
    if endpoint in settings.endpoints:
        return DemoEnvironment(settings, endpoint, folder, None)
    examples = _examples(ENVIRONMENTS / "examples")
    if endpoint not in examples:
        raise CommandError(_unknown(endpoint, list(settings.endpoints), list(examples)))
    own = checkout.STATE / "demo" / endpoint
    own.mkdir(parents=True, exist_ok=True)
    (own / f"{LOCAL_ENVIRONMENT}.yaml").write_bytes(examples[endpoint].read_bytes())
    return DemoEnvironment(load_environment(LOCAL_ENVIRONMENT, own), endpoint, own, examples[endpoint])


def _examples(folder: Path) -> dict[str, Path]:
    """Return the examples that have an endpoint of their own name."""
    return {
        path.stem: path
        for path in sorted(folder.glob("*.yaml"))
        if path.stem in (read_mapping(path).get("endpoints") or {})
    }


def _unknown(endpoint: str, deployed: list[str], examples: list[str]) -> str:
    shown = ", ".join(examples) or "none"
    return (
        f"Environment {LOCAL_ENVIRONMENT} has no endpoint {endpoint!r}, and no example has; it has: "
        f"{', '.join(deployed) or 'none'}; examples: {shown}{did_you_mean(endpoint, [*deployed, *examples])}"
    )
