"""The CDK app of one environment: its stacks, and the cloud assembly that the CDK CLI deploys."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import aws_cdk as cdk

from assets.checked_package import checked_package
from assets.model_folder import find_model
from assets.package import Package
from stacks.artifact_stack import ArtifactStack
from stacks.assembly import finish_assembly
from stacks.endpoint_stack import EndpointStack
from stacks.settings import ENVIRONMENTS, EndpointSettings, EnvironmentSettings, load_environment
from stacks.targets import endpoint_target

PackageOf = Callable[[EndpointSettings], Package]
"""Packages the model of an endpoint."""


def _progress(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 (the CDK CLI shows an app's stderr; its stdout is the CLI's)


class EnvironmentApp(cdk.App):
    """A CDK app with the stacks of one environment.

    Context: `env` is the environment's name (default local), `environments` the folder of the settings files;
    `preflight=false` leaves the trial of the packages out.

    Parameters
    ----------
    context
        Beside the context that the CDK CLI hands over.
    outdir
        Where the cloud assembly goes; by default where the CDK CLI wants it.
    """

    def __init__(self, context: Mapping[str, object] | None = None, outdir: Path | None = None) -> None:
        # Synth happens once, in `synthesize`: another one at exit would undo what that adds to the assembly.
        super().__init__(auto_synth=False, context=context, outdir=str(outdir) if outdir else None)

    @property
    def environments(self) -> Path:
        """The folder of the environments' files."""
        return Path(self.node.try_get_context("environments") or ENVIRONMENTS)

    def load_settings(self) -> EnvironmentSettings:
        """Read the settings of the chosen environment.

        Raises
        ------
        SettingsError
            There is no such environment, or its settings are wrong.
        """
        return load_environment(str(self.node.try_get_context("env") or "local"), self.environments)

    def package_model(self, endpoint: EndpointSettings) -> Package:
        """Package and try the model of an endpoint, which takes no time when nothing changed.

        Raises
        ------
        AssetError
            There is no such model, it cannot be packed, or it does not serve its samples.
        """
        # The CDK CLI hands context over as text, and cdk.json as JSON has it.
        with_preflight = str(self.node.try_get_context("preflight")).lower() != "false"
        checked = checked_package(
            find_model(endpoint.model),
            [endpoint_target(endpoint)],
            progress=_progress,
            with_preflight=with_preflight,
        )
        return checked.package

    def add_stacks(
        self, settings: EnvironmentSettings, package_of: PackageOf | None = None
    ) -> list[EndpointStack]:
        """Add the artifact stack and one stack per endpoint, which depends on it; return the latter.

        Parameters
        ----------
        settings
            Of the environment.
        package_of
            Packages the model of an endpoint; by default `package_model`.

        Raises
        ------
        AssetError
            A model cannot be packed, or does not serve its samples.
        """
        names = settings.names
        packaged = package_of or self.package_model
        packages = {name: packaged(endpoint) for name, endpoint in settings.endpoints.items() if endpoint.model}
        artifacts = ArtifactStack(self, names.artifact_stack, settings=settings)
        endpoints = [
            EndpointStack(
                self, names.endpoint_stack(name), settings=settings, endpoint=name, package=packages.get(name)
            )
            for name in settings.endpoints
        ]
        for endpoint in endpoints:
            endpoint.add_stack_dependency(
                artifacts, "tarball and image are published into its bucket and repository"
            )
        for key, value in settings.tags.items():
            cdk.Tags.of(self).add(key, value)
        return endpoints

    def synthesize(
        self, settings: EnvironmentSettings, package_of: PackageOf | None = None
    ) -> cdk.cx_api.CloudAssembly:
        """Add the stacks and write the cloud assembly; parameters and errors as of `add_stacks`."""
        endpoints = self.add_stacks(settings, package_of)
        assembly = self.synth()
        finish_assembly(assembly, settings.names.artifact_stack, endpoints)
        return assembly
