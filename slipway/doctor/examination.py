"""All checks, in the order in which one would mend what they find."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from slipway.doctor.disk import disk_finding
from slipway.doctor.finding import Finding
from slipway.doctor.node_side import cdk_finding, node_finding
from slipway.doctor.python_side import packages_finding, python_finding, torch_finding
from slipway.environments import LOCAL_ENVIRONMENT, load
from stacks.settings import EnvironmentSettings, SettingsError

_OF_MACHINE: dict[str, Callable[[], Finding]] = {
    "Python": python_finding,
    "packages": packages_finding,
    "torch": torch_finding,
    "Node": node_finding,
    "CDK CLI": cdk_finding,
    "disk": disk_finding,
}
_LOCAL_AWS = "AWS_ENDPOINT_URL"
"""Set by `slipway local run`: it leads every environment to the local AWS."""

_OF_AWS = ("bootstrap", "quotas")


def examine(environment: str) -> Iterator[Finding]:
    """Yield what every check finds, as it finds it.

    Parameters
    ----------
    environment
        The name of the environment that is to be deployed.
    """
    for check, find in _OF_MACHINE.items():
        try:
            yield find()
        except OSError as error:
            yield Finding(check, "wrong", str(error), "Set the checkout up: make setup")
    try:
        settings = load(environment)
    except SettingsError as error:
        for line in str(error).splitlines():
            yield Finding("settings", "wrong", line, "Every key is in docs/settings.md")
        return
    yield Finding("settings", "ok", f"{environment}: {len(settings.endpoints)} endpoint(s)")
    if settings.name == LOCAL_ENVIRONMENT and _LOCAL_AWS not in os.environ:
        yield from _local(settings)
    else:
        yield from _aws(settings)


def _local(settings: EnvironmentSettings) -> Iterator[Finding]:
    from slipway.doctor.local_side import local_findings  # noqa: PLC0415 (what one environment needs, another not)

    yield from local_findings(settings)
    yield Finding("docker", "skipped", "not needed: the local AWS builds images by itself")
    yield Finding("credentials", "skipped", "not needed on this machine")


def _aws(settings: EnvironmentSettings) -> Iterator[Finding]:
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 (it takes a while)

    from slipway.doctor.account import account_findings, bootstrap_finding  # noqa: PLC0415
    from slipway.doctor.aws_clients import quick_clients  # noqa: PLC0415
    from slipway.doctor.docker import docker_finding  # noqa: PLC0415
    from slipway.doctor.quotas import quota_findings  # noqa: PLC0415

    yield docker_finding(settings)
    try:
        clients = quick_clients(settings)
        found = list(account_findings(clients, settings))
    except BotoCoreError as error:
        mend = "Mend your configuration of AWS: ~/.aws/config, AWS_PROFILE"
        found = [Finding("credentials", "wrong", str(error), mend)]
    yield from found
    wrong = next((finding.check for finding in found if finding.state == "wrong"), None)
    if wrong:
        yield from (Finding(check, "skipped", f"{wrong}: see above") for check in _OF_AWS)
        return
    yield bootstrap_finding(clients, settings)
    if _LOCAL_AWS in os.environ:
        yield Finding("quotas", "skipped", "the local AWS has none")
    else:
        yield from quota_findings(clients, settings)
