"""AWS on this machine: whether it runs, and whether its port is free where it does not."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

from local_aws.bootstrap import is_bootstrapped
from local_aws.control import DEFAULT_PORT
from local_aws.emulator import HOST
from local_aws.errors import LocalAwsError
from local_aws.running_emulator import Emulator
from slipway.doctor.finding import Finding
from slipway.environments import local_aws, local_client_environment
from stacks.settings import EnvironmentSettings

PORT_VARIABLE = "SLIPWAY_LOCAL_PORT"


def local_findings(settings: EnvironmentSettings) -> Iterator[Finding]:
    """Check the local AWS.

    Parameters
    ----------
    settings
        Of the environment `local`.
    """
    emulator = local_aws().find()
    if emulator is None:
        yield Finding("local AWS", "ok", "not running; `slipway local up` and `slipway demo` start it")
        yield port_finding()
        return
    yield from _running_findings(emulator, settings)


def port_finding() -> Finding:
    """Check that the port where the local AWS will answer is free."""
    text = os.environ.get(PORT_VARIABLE, "")
    if text and not text.isdigit():
        mend = f"Name a port, or unset it: {PORT_VARIABLE}={DEFAULT_PORT + 1}"
        return Finding("port", "wrong", f"{PORT_VARIABLE} is {text!r}, which is no port", mend)
    port = int(text or DEFAULT_PORT)
    try:
        with socket.socket() as probe:
            # As servers do: what a closed connection leaves in TIME_WAIT is no other program.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
    except (OSError, OverflowError) as error:
        mend = f"Take another one: slipway local up --port {port + 1}, or set {PORT_VARIABLE}"
        return Finding("port", "wrong", f"{HOST}:{port} cannot be used: {error}", mend)
    return Finding("port", "ok", f"{HOST}:{port} is free")


def _running_findings(emulator: Emulator, settings: EnvironmentSettings) -> Iterator[Finding]:
    try:
        endpoints = emulator.endpoints()
    except LocalAwsError as error:
        yield Finding("local AWS", "wrong", str(error), "Start it again: slipway local down && slipway local up")
        return
    failed = [one["name"] for one in endpoints if one["status"] == "Failed"]
    strict = ", in strict mode" if emulator.strict else ""
    what = f"runs at {emulator.url}{strict}, endpoints: {len(endpoints)}"
    if failed:
        yield Finding("local AWS", "warning", f"{what}, failed: {', '.join(failed)}", "See: slipway local status")
    else:
        yield Finding("local AWS", "ok", what)
    yield _bootstrap_finding(settings)


def _bootstrap_finding(settings: EnvironmentSettings) -> Finding:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (it takes a while)

    try:
        done = is_bootstrapped(local_client_environment(settings))
    except (BotoCoreError, ClientError, LocalAwsError) as error:
        mend = "Start it again: slipway local down && slipway local up"
        return Finding("bootstrap", "wrong", f"the local AWS does not answer: {error}", mend)
    if not done:
        return Finding("bootstrap", "warning", "not done yet on the local AWS", "slipway local up")
    return Finding("bootstrap", "ok", "done on the local AWS")
