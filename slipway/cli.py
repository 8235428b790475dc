"""`slipway`, the command line: its commands, and what a user's mistake looks like."""

from __future__ import annotations

import sys

import typer

from assets.errors import AssetError
from local_aws.errors import LocalAwsError
from slipway.commands.demo import demo_command
from slipway.commands.inspect import inspect_command
from slipway.commands.invoke import invoke_command
from slipway.commands.local import local_app
from slipway.commands.package import package_command
from slipway.errors import CommandError
from stacks.settings import SettingsError

_WRONG_SETTINGS = 2

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Ships a PyTorch model to an Amazon SageMaker endpoint, and tries it on this machine first.",
)
app.command("package")(package_command)
app.command("inspect")(inspect_command)
app.command("invoke")(invoke_command)
app.command("demo")(demo_command)
app.add_typer(local_app, name="local")


def main() -> None:
    """Run a command. What the user can mend is one message on stderr, never a traceback."""
    try:
        app()
    except SettingsError as error:
        _fail(str(error), _WRONG_SETTINGS)
    except (AssetError, CommandError, LocalAwsError) as error:
        _fail(str(error), 1)
    except Exception as error:
        message = _aws_message(error)
        if message:
            _fail(message, 1)
        raise


def _aws_message(error: Exception) -> str | None:
    """Return what to say of an error of boto3's, None for another one. Imported only when needed."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    if isinstance(error, ClientError):
        return f"AWS answered: {error}"
    if isinstance(error, BotoCoreError):  # no credentials, no network: nothing was answered
        return f"AWS could not be asked: {error}"
    return None


def _fail(message: str, status: int) -> None:
    typer.echo(f"error: {message}", err=True)
    sys.exit(status)
