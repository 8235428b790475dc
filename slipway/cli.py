"""`slipway`, the command line: its commands, and what a user's mistake looks like."""

from __future__ import annotations

import sys

import typer

from assets.errors import AssetError
from local_aws.errors import LocalAwsError
from slipway.env_file import load_env_file
from slipway.errors import CommandError
from slipway.lazy_commands import lazy_group

_WRONG_SETTINGS = 2
_COMMANDS = {
    "package": "slipway.commands.package:package_command",
    "inspect": "slipway.commands.inspect:inspect_command",
    "train": "slipway.commands.train:train_command",
    "invoke": "slipway.commands.invoke:invoke_command",
    "status": "slipway.commands.status:status_command",
    "explain": "slipway.commands.explain:explain_command",
    "smoke": "slipway.commands.smoke:smoke_command",
    "load": "slipway.commands.load:load_command",
    "logs": "slipway.commands.logs:logs_command",
    "demo": "slipway.commands.demo:demo_command",
    "verify-clean": "slipway.commands.verify_clean:verify_clean_command",
    "costs": "slipway.commands.costs:costs_command",
    "review": "slipway.commands.review:review_command",
    "doctor": "slipway.commands.doctor:doctor_command",
    "local": "slipway.commands.local:local_app",
}

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    cls=lazy_group(_COMMANDS),
)


@app.callback()
def slipway() -> None:
    """Ships a PyTorch model to an Amazon SageMaker endpoint, and tries it on this machine first."""


def main() -> None:
    """Run a command. What the user can mend is one message on stderr, never a traceback."""
    try:
        load_env_file()
        app()
    except (AssetError, CommandError, LocalAwsError) as error:
        _fail(str(error), 1)
    except Exception as error:
        if _is_of_settings(error):
            _fail(str(error), _WRONG_SETTINGS)
        message = _aws_message(error)
        if message:
            _fail(message, 1)
        raise


def _is_of_settings(error: Exception) -> bool:
    from stacks.settings_error import SettingsError  # noqa: PLC0415 (only some commands need it)

    return isinstance(error, SettingsError)


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
