"""The CDK app of one environment: its stacks, and the cloud assembly that the CDK CLI deploys.

Whatever takes long to import is imported where it is used: what reads the settings and packages the models while
the Node process loads CDK's rules, what defines the stacks afterwards.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import aws_cdk as cdk

from assets.errors import AssetError
from stacks.template_validation import load_beside

if TYPE_CHECKING:
    from assets.inspection import Target
    from assets.package import Package
    from stacks.endpoint_stack import EndpointStack
    from stacks.settings import EndpointSettings, EnvironmentSettings, Variant

PackageOf: TypeAlias = "Callable[[EndpointSettings, Variant], Package]"
"""Packages the model of a variant of an endpoint."""

Packages: TypeAlias = "Mapping[str, Mapping[str, Package]]"
"""The packed models by endpoint and variant."""


def import_stacks() -> None:
    """Import what defines the stacks, which makes classes and asks nothing of the Node process."""
    for module in ("stacks.artifact_stack", "stacks.endpoint_stack", "stacks.assembly"):
        import_module(module)


def _progress(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 (the CDK CLI shows an app's stderr; its stdout is the CLI's)


class EnvironmentApp(cdk.App):
    """A CDK app with the stacks of one environment.

    Context: `env` is the environment's name (default local), `environments` the folder of the settings files;
    `preflight=false` leaves the trial of the packages out; `deployed` is a folder with the templates as they are
    deployed now, for the rules about updates.

    Parameters
    ----------
    context
        Beside the context that the CDK CLI hands over.
    outdir
        Where the cloud assembly goes; by default where the CDK CLI wants it.
    """

    def __init__(self, context: Mapping[str, object] | None = None, outdir: Path | None = None) -> None:
        # Synth happens once, in `synthesize`: another one at exit would undo what that adds to the assembly.
        super().__init__(
            auto_synth=False,
            context=context,
            outdir=str(outdir) if outdir else None,
            # Our own rules only read, and to prove it the CDK would read every file of the assembly twice.
            confirm_validation_plugins_do_not_mutate=False,
        )
        # The CDK CLI hands context over as text, and cdk.json as JSON has it.
        self._with_preflight = str(self.node.try_get_context("preflight")).lower() != "false"
        self._environment = str(self.node.try_get_context("env") or "local")
        self._environments = self.node.try_get_context("environments")
        self._packaged: dict[tuple[str | None, Target], Package] = {}

    def load_settings(self, account: str | None = None) -> EnvironmentSettings:
        """Read the settings of the chosen environment.

        Parameters
        ----------
        account
            Whose credentials there are, where that is known.

        Raises
        ------
        SettingsError
            There is no such environment, its settings are wrong, or it is in another account.
        """
        from stacks.settings import ENVIRONMENTS, check_account, load_environment

        environments = Path(self._environments or ENVIRONMENTS)
        settings = load_environment(self._environment, environments)
        check_account(settings, account, environments)
        return settings

    def package_model(self, endpoint: EndpointSettings, variant: Variant) -> Package:
        """Package and try the model of a variant, which takes no time when nothing changed.

        Raises
        ------
        AssetError
            There is no such model, it cannot be packed, or it does not serve its samples.
        """
        from assets.checked_package import checked_package
        from assets.model_folder import find_model
        from stacks.targets import endpoint_target

        target = endpoint_target(endpoint, variant)
        packed = self._packaged.get((variant.model, target))
        if packed is None:  # endpoints may share a model
            checked = checked_package(
                find_model(variant.model), [target], progress=_progress, with_preflight=self._with_preflight
            )
            packed = self._packaged[variant.model, target] = checked.package
        return packed

    def package_models(self, settings: EnvironmentSettings, package_of: PackageOf | None = None) -> Packages:
        """Package the models of all endpoints, without the CDK.

        Parameters
        ----------
        settings
            Of the environment.
        package_of
            Packages the model of a variant; by default `package_model`.

        Raises
        ------
        AssetError
            A model cannot be packed, or does not serve its samples.
        """
        packaged = package_of or self.package_model
        return {
            name: {variant.name: packaged(endpoint, variant) for variant in endpoint.all_variants if variant.model}
            for name, endpoint in settings.endpoints.items()
        }

    def add_stacks(self, settings: EnvironmentSettings, packages: Packages) -> list[EndpointStack]:
        """Add the artifact stack and one stack per endpoint, which depends on it; return the latter."""
        from stacks.artifact_stack import ArtifactStack
        from stacks.endpoint_stack import EndpointStack

        names = settings.names
        artifacts = ArtifactStack(self, names.artifact_stack, settings=settings)
        endpoints = [
            EndpointStack(
                self, names.endpoint_stack(name), settings=settings, endpoint=name, packages=packages[name]
            )
            for name in settings.endpoints
        ]
        if settings.training:
            from stacks.training_stack import TrainingStack

            training = TrainingStack(self, names.training_stack, settings=settings)
            training.add_stack_dependency(artifacts, "it trains on data in its bucket, which its key may encrypt")
        if settings.github:
            from stacks.github_stack import GitHubStack

            github = GitHubStack(self, names.github_stack, settings=settings, github=settings.github)
            if github.reads_bucket_key:
                github.add_stack_dependency(artifacts, "it reads the ARN of its key")
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
        """Package the models, add the stacks and write the cloud assembly.

        A template that SageMaker refuses ends it with CDK's report (stacks/rules); parameters and errors are
        those of `package_models`.
        """
        return self._synthesize(settings, self.package_models(settings, package_of))

    def synthesize_chosen(self, account: str | None = None) -> cdk.cx_api.CloudAssembly:
        """Synthesize the environment that the context names; parameters and errors of `load_settings`, too."""

        def read_and_package() -> tuple[EnvironmentSettings, Packages]:
            from stacks.rules.registry import rules as our_rules

            our_rules()  # they take a moment to compile
            import_stacks()
            settings = self.load_settings(account)
            for endpoint in settings.endpoints.values():
                endpoint.hosting.in_stack()  # which imports what writes it into a stack
            return settings, self.package_models(settings)

        rules, (settings, packages) = load_beside(read_and_package)
        if rules:
            cdk.Validations.of(self).add_plugins(rules)
        return self._synthesize(settings, packages)

    def _synthesize(self, settings: EnvironmentSettings, packages: Packages) -> cdk.cx_api.CloudAssembly:
        from stacks.assembly import finish_assembly

        endpoints = self.add_stacks(settings, packages)
        self._add_rules()
        assembly = self.synth()
        finish_assembly(assembly, settings.names.artifact_stack, endpoints, _progress)
        return assembly

    def _add_rules(self) -> None:
        """Have the templates judged by what SageMaker refuses."""
        from stacks.rules import SageMakerRules

        deployed = self.node.try_get_context("deployed")
        try:
            rules = SageMakerRules(deployed=str(deployed) if deployed else None)
        except NotADirectoryError as error:
            raise AssetError(f"-c deployed={deployed}: there is no such folder") from error
        cdk.Validations.of(self).add_plugins(rules)
