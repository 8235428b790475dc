"""An environment's AWS: the local one for `local`, else the one that the user's credentials open."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assets.checkout import STATE
from local_aws.client_environment import client_environment, without_aws_settings
from local_aws.control import LocalAws
from local_aws.running_emulator import Emulator
from slipway import defaults
from slipway.errors import CommandError
from stacks.settings import ENVIRONMENTS, EndpointSettings, EnvironmentSettings, load_environment

LOCAL_ENVIRONMENT = defaults.LOCAL_ENVIRONMENT
FOLDER_VARIABLE = "SLIPWAY_LOCAL_FOLDER"
ENVIRONMENTS_VARIABLE = "SLIPWAY_ENVIRONMENTS"


def load(environment: str) -> EnvironmentSettings:
    """Return the settings of an environment, from the folder that ``SLIPWAY_ENVIRONMENTS`` names if it is set.

    Raises
    ------
    SettingsError
        When there is no such environment, or its file is wrong.
    """
    return load_environment(environment, environments_folder() or ENVIRONMENTS)


def environments_folder() -> Path | None:
    """Return the folder, absolute, that ``SLIPWAY_ENVIRONMENTS`` names, or None when it is not set."""
    named = os.environ.get(ENVIRONMENTS_VARIABLE)
    return Path(named).absolute() if named else None


def local_aws() -> LocalAws:
    """Return the local AWS of this checkout, or that of the folder which ``SLIPWAY_LOCAL_FOLDER`` names."""
    # Absolute: its processes run in folders of their own.
    return LocalAws(Path(os.environ.get(FOLDER_VARIABLE) or STATE / "local").absolute())


def local_client_environment(settings: EnvironmentSettings) -> dict[str, str]:
    """Return the variables that turn a client to the local AWS, in an environment's account and region.

    Raises
    ------
    LocalAwsError
        When the local AWS does not run.
    """
    local = local_aws()
    emulator = local.running()
    strict = _strict_variables(emulator, local, settings) if emulator.authority else None
    return client_environment(emulator.url, settings.account, settings.region, local.images, strict)


def _strict_variables(emulator: Emulator, local: LocalAws, settings: EnvironmentSettings) -> dict[str, str]:
    """Return the variables with an administrator's access key, and with whom to trust."""
    # botocore takes a while to load, as boto3 does.
    from local_aws.administrator import administrator  # noqa: PLC0415
    from local_aws.trust import trust  # noqa: PLC0415

    trusted = trust(Path(str(emulator.authority)), os.environ)
    place = {"AWS_ENDPOINT_URL": emulator.url, "AWS_REGION": settings.region, **trusted}
    return {**trusted, **administrator(settings.account, local.folder, place)}


def connect(settings: EnvironmentSettings) -> Callable[..., Any]:
    """Return what makes boto3 clients for an environment, of a service and with the options of `boto3.client`.

    ``AWS_ENDPOINT_URL``, as `slipway local run` sets it, leads any environment to the local AWS.

    Raises
    ------
    LocalAwsError
        When the environment is the local one and the local AWS does not run.
    """
    if settings.name == LOCAL_ENVIRONMENT and "AWS_ENDPOINT_URL" not in os.environ:
        return connect_to_local_aws(settings)
    return _clients(settings)


def connect_to_local_aws(settings: EnvironmentSettings) -> Callable[..., Any]:
    """Return what makes boto3 clients to the local AWS, in the account and region of any environment.

    Raises
    ------
    LocalAwsError
        When the local AWS does not run.
    """
    own = {**without_aws_settings(os.environ), **local_client_environment(settings)}
    os.environ.clear()
    os.environ.update(own)
    return _clients(settings)


def _clients(settings: EnvironmentSettings) -> Callable[..., Any]:
    import boto3  # noqa: PLC0415 - it takes a quarter of a second, which --help does not have to wait for

    return lambda service, **options: boto3.client(service, region_name=settings.region, **options)


def find_endpoint(environment: str, endpoint: str) -> tuple[EnvironmentSettings, EndpointSettings]:
    """Return the settings of an environment and of one of its endpoints.

    Raises
    ------
    SettingsError
        When the environment's file is wrong.
    CommandError
        When it has no such endpoint.
    """
    settings = load(environment)
    if endpoint not in settings.endpoints:
        names = ", ".join(settings.endpoints) or "none"
        nearest = difflib.get_close_matches(endpoint, settings.endpoints, n=1)
        hint = f" Did you mean {nearest[0]}?" if nearest else ""
        raise CommandError(f"Environment {environment} has no endpoint {endpoint!r}; it has: {names}.{hint}")
    return settings, settings.endpoints[endpoint]
