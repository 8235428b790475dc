"""The folder environments/: one YAML file per environment."""

from pathlib import Path

from pydantic import ValidationError

from assets.checkout import ROOT, shown
from assets.errors import AssetError
from assets.mistakes import Mistake, mistakes
from assets.nearest import did_you_mean
from assets.yaml_file import read_mapping
from stacks.names import is_part
from stacks.settings.checks import cross_checks
from stacks.settings.models import LOCAL_ACCOUNT, EnvironmentSettings
from stacks.settings_error import SettingsError

ENVIRONMENTS = ROOT / "environments"
"""Where the environments' files lie."""


def environment_names(directory: Path = ENVIRONMENTS) -> list[str]:
    """List the environments that have a file in `directory`."""
    return sorted(path.stem for path in directory.glob("*.yaml"))


def load_environment(name: str, directory: Path = ENVIRONMENTS) -> EnvironmentSettings:
    """Read and check the settings of one environment.

    Parameters
    ----------
    name
        Of the environment: its file's, without `.yaml`.
    directory
        Where the environments' files lie.

    Raises
    ------
    SettingsError
        There is no such environment, or its settings are wrong: one line per mistake, all together.
    """
    names = environment_names(directory)
    if name not in names:
        raise SettingsError(_unknown(name, names, directory))
    path = directory / f"{name}.yaml"
    if not is_part(name):
        raise SettingsError(
            f"{shown(path)}: the file's name is the environment's, which may hold lower-case letters, digits and "
            "single hyphens, and starts with a letter; rename the file."
        )
    try:
        document = read_mapping(path)
    except AssetError as error:
        raise SettingsError(str(error)) from error
    found = [Mistake("name", "unknown key; the environment's name is its file's")] if "name" in document else []
    try:
        settings = EnvironmentSettings.model_validate({**document, "name": name})
    except ValidationError as error:
        found += mistakes(error, EnvironmentSettings, document)
    found += cross_checks(name, document)
    if found:
        raise SettingsError("\n".join(f"{shown(path)}: {mistake.key}: {mistake.problem}" for mistake in found))
    return settings


def _unknown(name: str, names: list[str], directory: Path) -> str:
    if not names:
        return f"There are no environments in {shown(directory)}: it holds no .yaml file."
    listed = ", ".join(names)
    return f"There is no environment {name!r} in {shown(directory)}; allowed: {listed}{did_you_mean(name, names)}"


def check_account(settings: EnvironmentSettings, credentials: str | None, directory: Path = ENVIRONMENTS) -> None:
    """Refuse to go on with credentials of another account than the environment's.

    Parameters
    ----------
    settings
        Of the environment.
    credentials
        The account of the credentials, which the CDK CLI puts into `CDK_DEFAULT_ACCOUNT`; None when it has none.
    directory
        Where the environments' files lie.

    Raises
    ------
    SettingsError
        The two differ.
    """
    if not credentials or credentials == settings.account:
        return
    path = shown(directory / f"{settings.name}.yaml")
    if settings.account == LOCAL_ACCOUNT:
        mend = "run the command under `slipway local run --`, or choose another environment with `-c env=NAME`"
    else:
        mend = f"edit `account` in {path}, or use credentials of {settings.account}"
    raise SettingsError(
        f"{path} is for the account {settings.account}, but your credentials are of {credentials}: {mend}."
    )
