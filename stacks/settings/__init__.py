"""The settings of an environment: typed, checked, and the only reader of environments/."""

from stacks.hosting import AsyncHosting, Hosting, InstanceHosting, RealTimeHosting, ServerlessHosting
from stacks.settings.container import Container
from stacks.settings.container_kinds import CatalogueContainer, DockerfileContainer, ImageContainer
from stacks.settings.endpoint import EndpointSettings
from stacks.settings.environment_files import ENVIRONMENTS, check_account, environment_names, load_environment
from stacks.settings.mode import mode_patterns
from stacks.settings.models import EnvironmentSettings
from stacks.settings.variants import VARIANT_NAME, Variant
from stacks.settings_error import SettingsError

__all__ = [
    "ENVIRONMENTS",
    "VARIANT_NAME",
    "AsyncHosting",
    "CatalogueContainer",
    "Container",
    "DockerfileContainer",
    "EndpointSettings",
    "EnvironmentSettings",
    "Hosting",
    "ImageContainer",
    "InstanceHosting",
    "RealTimeHosting",
    "ServerlessHosting",
    "SettingsError",
    "Variant",
    "check_account",
    "environment_names",
    "load_environment",
    "mode_patterns",
]
