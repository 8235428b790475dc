"""The settings of an environment: typed, checked, and the only reader of environments/."""

from stacks.settings.base import SettingsError
from stacks.settings.environment_files import ENVIRONMENTS, check_account, environment_names, load_environment
from stacks.settings.hosting import Hosting, RealTimeHosting, ServerlessHosting
from stacks.settings.models import EndpointSettings, EnvironmentSettings, hosting_types

__all__ = [
    "ENVIRONMENTS",
    "EndpointSettings",
    "EnvironmentSettings",
    "Hosting",
    "RealTimeHosting",
    "ServerlessHosting",
    "SettingsError",
    "check_account",
    "environment_names",
    "hosting_types",
    "load_environment",
]
