"""Who one is on AWS, in which account, and whether CDK is bootstrapped there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

from assets import checkout
from slipway.doctor.finding import Finding
from slipway.environments import environments_folder
from stacks.settings import ENVIRONMENTS, EnvironmentSettings, SettingsError, check_account

NEEDED_BOOTSTRAP = 6
"""What the assembly requires (aws-cdk-lib, DefaultStackSynthesizer: requiresBootstrapStackVersion)."""

_QUALIFIER = "hnb659fds"
_SIGN_IN = "Sign in, as with `aws sso login` or AWS_PROFILE, or put them into .env (docs/from-the-tutorial.md)"
_CONNECT = "See whether this machine reaches AWS: the network, HTTPS_PROXY, AWS_ENDPOINT_URL"
_NOT_SIGNED_IN = {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "SignatureDoesNotMatch"}


def account_findings(clients: Callable[[str], Any], settings: EnvironmentSettings) -> Iterator[Finding]:
    """Check credentials, account and region; nothing comes after credentials that do not work.

    Parameters
    ----------
    clients
        Makes boto3 clients.
    settings
        Of the environment.
    """
    from botocore import exceptions  # noqa: PLC0415 (it takes a while)

    try:
        identity = clients("sts").get_caller_identity()
    except exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
        mend = _SIGN_IN if code in _NOT_SIGNED_IN else "See what your credentials may do: sts:GetCallerIdentity"
        region = (
            f"; the region {settings.region} may not be enabled, too" if code == "InvalidClientTokenId" else ""
        )
        yield Finding("credentials", "wrong", f"AWS refuses them: {error}{region}", mend)
        return
    except exceptions.BotoCoreError as error:
        no_answer = isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError)
        mend = _CONNECT if no_answer else _SIGN_IN
        yield Finding("credentials", "wrong", f"AWS could not be asked: {error}", mend)
        return
    yield Finding("credentials", "ok", str(identity["Arn"]))
    yield _account_finding(settings, str(identity["Account"]))
    yield _region_finding(settings)


def bootstrap_finding(clients: Callable[[str], Any], settings: EnvironmentSettings) -> Finding:
    """Check CDK's bootstrap stack in the account and region; parameters as of `account_findings`.

    Source: AWS CDK Developer Guide, "Customize AWS CDK bootstrapping" (the parameter with the version).
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (it takes a while)

    name = f"/cdk-bootstrap/{bootstrap_qualifier()}/version"
    mend = f"cdk bootstrap -c env={settings.name}"
    try:
        found = clients("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return Finding("bootstrap", "wrong", f"{settings.account}/{settings.region} is not bootstrapped", mend)
        return Finding("bootstrap", "warning", f"AWS answered: {error}", "It needs ssm:GetParameter")
    except BotoCoreError as error:
        return Finding("bootstrap", "warning", f"AWS could not be asked: {error}")
    if not found.isdigit() or int(found) < NEEDED_BOOTSTRAP:
        return Finding("bootstrap", "wrong", f"version {found}, and {NEEDED_BOOTSTRAP} is needed", mend)
    return Finding("bootstrap", "ok", f"version {found}")


def bootstrap_qualifier() -> str:
    """Return the qualifier of the bootstrap stack: the one in cdk.json, else CDK's own."""
    try:
        context = json.loads((checkout.ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
        return str(context.get("@aws-cdk/core:bootstrapQualifier", _QUALIFIER))
    except (OSError, ValueError, KeyError, AttributeError):
        return _QUALIFIER


def _account_finding(settings: EnvironmentSettings, account: str) -> Finding:
    try:
        check_account(settings, account, environments_folder() or ENVIRONMENTS)
    except SettingsError as error:
        what, _, mend = str(error).rstrip(".").partition(f"are of {account}: ")
        return Finding("account", "wrong", f"{what}are of {account}", mend[:1].upper() + mend[1:])
    return Finding("account", "ok", f"{account}, as the environment's file says")


def _region_finding(settings: EnvironmentSettings) -> Finding:
    other = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if other and other != settings.region:
        what = f"{settings.region}, as the environment's file says; your own clients take {other}"
        return Finding("region", "warning", what, f"For the AWS CLI: export AWS_REGION={settings.region}")
    return Finding("region", "ok", settings.region)
