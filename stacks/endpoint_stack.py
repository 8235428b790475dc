"""The stateless stack of one endpoint: role, models, endpoint config, endpoint."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from assets.package import Package
from stacks.callers import Callers
from stacks.container_image import container_image
from stacks.encryption import endpoint_keys
from stacks.endpoint_config import add_endpoint_config
from stacks.execution_role import ExecutionRole
from stacks.hosting.endpoint import add_endpoint, mode_id
from stacks.hosting.hosted_endpoint import HostedEndpoint
from stacks.hosting.object_access import ObjectAccess
from stacks.model import VariantModel
from stacks.names import LOG_GROUPS
from stacks.network import note_network
from stacks.object_statements import object_statements
from stacks.observe import observe
from stacks.role_features import feature_statements, note_reasons
from stacks.rollout import EndpointRollout
from stacks.settings import VARIANT_NAME, EnvironmentSettings, Variant, mode_patterns


class EndpointStack(cdk.Stack):
    """One endpoint, deployed and destroyed alone; it knows the artifact stack by fixed names.

    A changed model or hosting makes a new Model and EndpointConfig (CloudFormation replaces them, and names them),
    and updates the Endpoint in place. A changed mode (`EndpointSettings.mode`) makes a new Endpoint beside the old
    one, because the logical id and the name carry it: SageMaker cannot make the one of the other.

    Parameters
    ----------
    scope, construct_id
        As of every construct.
    settings
        Of the environment.
    endpoint
        The endpoint's name in the settings.
    packages
        The packed models, by the variant's name; a variant whose tarball is in S3 already has none.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: EnvironmentSettings,
        endpoint: str,
        packages: Mapping[str, Package],
    ) -> None:
        names = settings.names
        super().__init__(
            scope,
            construct_id,
            env=cdk.Environment(account=settings.account, region=settings.region),
            description=f"Slipway: the endpoint {endpoint} of {names.prefix}",
            # Tarballs and images go straight into our own bucket and repository.
            synthesizer=cdk.DefaultStackSynthesizer(
                file_assets_bucket_name=names.bucket,
                bucket_prefix=names.tarball_prefix(endpoint),
                image_assets_repository_name=names.repository,
            ),
        )
        self._name = endpoint
        self._names = names
        self._settings = settings.endpoints[endpoint]
        self._models = [self._variant_model(variant, packages) for variant in self._settings.all_variants]

        self._keys = endpoint_keys(self, settings=settings, endpoint=self._settings)

        self._mode = self._settings.mode
        self._endpoint_name = names.endpoint(endpoint, self._mode)
        self._hosted = self._hosted_endpoint()
        # Another mode has an endpoint of its own, and so alarms of its own.
        self._rollout = EndpointRollout(
            self,
            f"{mode_id(self._mode)}Rollout",
            rollout=self._settings.effective_rollout(is_local=settings.is_local),
            endpoint_name=self._endpoint_name,
            variants=[variant.name for variant in self._settings.production_variants],
        )

        role = None if self._settings.execution_role_arn else self._execution_role()
        made = self._sagemaker_endpoint(role)
        self._autoscaling(made)
        self._callers(made)
        observe(
            self,
            dashboard_name=names.dashboard(endpoint),
            settings=self._settings,
            hosted=self._hosted,
            endpoint_name=self._endpoint_name,
            topics_key_arn=self._keys.topics,
            rollout=self._rollout,
        )

    @property
    def name(self) -> str:
        """The stack's name, as the settings make it."""
        return self._names.endpoint_stack(self._name)

    @property
    def tarballs(self) -> dict[str, Path]:
        """The packed models that are published as tarballs, by their keys in the artifact bucket."""
        return {
            model.tarball_key: model.package.path
            for model in self._models
            if model.package and not model.is_uncompressed
        }

    @property
    def uncompressed(self) -> dict[str, Package]:
        """The packed models whose files are published one by one, by the prefix of their keys."""
        return {
            model.files_prefix: model.package for model in self._models if model.package and model.is_uncompressed
        }

    def _variant_model(self, variant: Variant, packages: Mapping[str, Package]) -> VariantModel:
        return VariantModel(
            endpoint=self._name,
            settings=self._settings,
            variant=variant,
            names=self._names,
            image=container_image(self, names=self._names, variant=variant),
            package=packages.get(variant.name),
        )

    def _scope_of(self, variant: Variant) -> Construct:
        """Return where a variant's resources go; of an only variant that is the stack itself."""
        return self if variant.name == VARIANT_NAME else Construct(self, variant.name)

    def _execution_role(self) -> ExecutionRole:
        role = ExecutionRole(
            self,
            "ExecutionRole",
            mode_id=mode_id(self._mode),
            tarballs=list(dict.fromkeys(model.readable for model in self._models)),
            repository_arns=list(dict.fromkeys(model.image.repository_arn for model in self._models)),
            log_groups=[
                f"{LOG_GROUPS}{name}" for name in self._names.endpoint_patterns(self._name, mode_patterns())
            ],
            statements=[
                *self._on_objects(self._settings.hosting.role_access(self._name)),
                *self._hosted.role_statements(),
                *self._rollout.role_statements(),
                *feature_statements(
                    self,
                    names=self._names,
                    endpoint=self._name,
                    settings=self._settings,
                    keys=self._keys,
                    publishes=self._hosted.makes_topics,
                ),
            ],
        )
        note_reasons(self, self._settings)
        cdk.CfnOutput(self, "ExecutionRoleArn", value=role.arn)
        return role

    def _sagemaker_endpoint(self, role: ExecutionRole | None) -> sagemaker.CfnEndpoint:
        note_network(self, self._settings.network, self._names.region, encrypted=self._keys.any)
        config = add_endpoint_config(
            self,
            names=self._names,
            endpoint=self._name,
            settings=self._settings,
            models={
                model.variant.name: model.add_to(self._scope_of(model.variant), role) for model in self._models
            },
            hosted=self._hosted,
            keys=self._keys,
        )
        made = add_endpoint(
            self,
            names=self._names,
            endpoint=self._name,
            settings=self._settings,
            config=config,
            rollout=self._rollout,
        )
        if role:
            # An endpoint whose mode changes is deleted before the policy that it works with.
            made.node.add_dependency(role.policy)
        return made

    def _hosted_endpoint(self) -> HostedEndpoint[Any]:
        hosting = self._settings.hosting
        return hosting.in_stack()(
            self,
            hosting=hosting,
            endpoint=self._name,
            bucket=self._names.bucket,
            topics_key=self._keys.topics,
        )

    def _on_objects(self, accesses: Sequence[ObjectAccess]) -> list[iam.PolicyStatement]:
        return object_statements(self, bucket=self._names.bucket, accesses=accesses)

    def _autoscaling(self, endpoint: sagemaker.CfnEndpoint) -> None:
        if self._settings.hosting.scaling is None:
            return
        # Another mode has targets of its own.
        scope = Construct(self, f"{mode_id(self._mode)}Autoscaling")
        for variant in self._settings.production_variants:
            self._hosted.scale(Construct(scope, variant.name), endpoint, self._endpoint_name, variant.name)

    def _callers(self, endpoint: sagemaker.CfnEndpoint) -> None:
        names, hosting = self._names, self._settings.hosting
        exchanged = hosting.caller_access(self._name)
        callers = Callers(
            self,
            "Callers",
            parameter_name=names.parameter(self._name),
            endpoint=endpoint,
            endpoint_name=self._endpoint_name,
            endpoint_names=names.endpoint_patterns(self._name, mode_patterns()),
            invocations=hosting.invocations.values(),
            statements=[*self._on_objects(exchanged), *(self._keys.caller_statements() if exchanged else [])],
        )
        cdk.CfnOutput(self, "EndpointName", value=self._endpoint_name)
        cdk.CfnOutput(self, "EndpointNameParameter", value=names.parameter(self._name))
        cdk.CfnOutput(self, "CallerPolicyArn", value=callers.policy.managed_policy_arn)
        for output, value in self._hosted.outputs().items():
            cdk.CfnOutput(self, output, value=value)
