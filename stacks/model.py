"""The SageMaker Model of a variant: image, model data and what the container is told."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from assets.package import Package
from stacks.container_fit import support_warning
from stacks.container_image import ContainerImage
from stacks.containers import PYTORCH, dlc_accounts, pytorch_environment
from stacks.execution_role import ExecutionRole
from stacks.names import Names
from stacks.network import vpc_config
from stacks.settings import EndpointSettings, Variant
from stacks.settings.container_kinds import ImageContainer
from stacks.uncompressed import uncompressed_data_source


@dataclass(frozen=True)
class VariantModel:
    """A variant, and what its Model is made of.

    Parameters
    ----------
    endpoint
        The endpoint's name in the settings.
    settings
        Of the endpoint.
    variant
        Of which a Model is made.
    names
        Of the environment.
    image
        That runs it.
    package
        The packed model; None where the settings name a tarball that is in S3 already.
    """

    endpoint: str
    settings: EndpointSettings
    variant: Variant
    names: Names
    image: ContainerImage
    package: Package | None

    @property
    def data_url(self) -> str:
        """Where the tarball is in S3, or the prefix of the files where they lie uncompressed."""
        if self.variant.model_data:
            return self.variant.model_data.s3_uri
        if self.is_uncompressed:
            return f"s3://{self.names.bucket}/{self.files_prefix}"
        return f"s3://{self.names.bucket}/{self.tarball_key}"

    @property
    def tarball_key(self) -> str:
        """The key of the packed model in the artifact bucket."""
        if self.package is None:
            raise ValueError(f"the variant {self.variant.name} of {self.endpoint} packs no model")
        return self.names.tarball_key(self.endpoint, self.package.digest)

    @property
    def is_uncompressed(self) -> bool:
        """Whether every file of the package is published by itself."""
        return self.package is not None and self.settings.artifact == "uncompressed"

    @property
    def files_prefix(self) -> str:
        """The prefix of the packed model's files in the artifact bucket."""
        if self.package is None:
            raise ValueError(f"the variant {self.variant.name} of {self.endpoint} packs no model")
        return self.names.unpacked_prefix(self.endpoint, self.package.digest)

    @property
    def readable(self) -> str:
        """Which objects hold this variant's tarballs, as `bucket/key`: of ours, the older ones too."""
        theirs = self.variant.model_data
        if theirs:
            return f"{theirs.bucket}/{theirs.key}"
        return f"{self.names.bucket}/{self.names.tarball_prefix(self.endpoint)}*"

    def add_to(self, scope: Construct, role: ExecutionRole | None) -> sagemaker.CfnModel:
        """Make the Model `Model` in `scope`, and the outputs that tell what it runs.

        Parameters
        ----------
        scope
            The stack for an endpoint's only variant, else a scope of the variant's own.
        role
            The one that Slipway makes; None where the settings name one.
        """
        model = sagemaker.CfnModel(
            scope,
            "Model",
            execution_role_arn=role.arn if role else self.settings.execution_role_arn,
            primary_container=self._container(),
            vpc_config=vpc_config(self.settings.network),
            enable_network_isolation=self.settings.network.isolation or None,
            tags=[cdk.CfnTag(key="slipway:model-digest", value=self.package.digest)] if self.package else None,
        )
        if role:
            # SageMaker reads the tarball when the model is created; the role alone does not wait for its policy.
            model.node.add_dependency(role.policy)
        self._warn(model)
        cdk.CfnOutput(scope, "ImageUri", value=self.image.uri)
        cdk.CfnOutput(scope, "ModelDataUrl", value=self.data_url)
        return model

    def _warn(self, model: sagemaker.CfnModel) -> None:
        """Tell of an image that is out of support, where the rule `end-of-patch` does not: it knows AWS's tags."""
        container = self.variant.container
        if not isinstance(container, ImageContainer):
            return
        image = container.parsed
        if image.account in dlc_accounts().values() and not image.reference.startswith("sha256:"):
            return
        warning = support_warning(container.software, instance_type=self.variant.hosting.instance_for_container)
        if warning:
            cdk.Annotations.of(model).add_warning_v2(f"slipway:{container.software}-out-of-support", warning)

    def _container(self) -> sagemaker.CfnModel.ContainerDefinitionProperty:
        theirs = self.variant.model_data
        if self.is_uncompressed:
            return sagemaker.CfnModel.ContainerDefinitionProperty(
                image=self.image.uri,
                model_data_source=uncompressed_data_source(self.data_url),
                environment=self._environment() or None,
            )
        if theirs is None:
            return sagemaker.CfnModel.ContainerDefinitionProperty(
                image=self.image.uri, model_data_url=self.data_url, environment=self._environment() or None
            )
        # CloudFormation's S3DataSource does not know the API's ETag. In the environment, where every change makes
        # a new Model, it has the object read anew.
        etag = {"SLIPWAY_MODEL_DATA_ETAG": theirs.etag} if theirs.etag else {}
        environment = {**self._environment(), **etag} or None
        if "model_data_source" in self.variant.hosting.excluded:
            return sagemaker.CfnModel.ContainerDefinitionProperty(
                image=self.image.uri, model_data_url=theirs.s3_uri, environment=environment
            )
        return sagemaker.CfnModel.ContainerDefinitionProperty(
            image=self.image.uri,
            model_data_source=sagemaker.CfnModel.ModelDataSourceProperty(
                s3_data_source=sagemaker.CfnModel.S3DataSourceProperty(
                    s3_uri=theirs.s3_uri, s3_data_type="S3Object", compression_type="Gzip"
                )
            ),
            environment=environment,
        )

    def _environment(self) -> dict[str, str]:
        """Return what the container is told in its environment."""
        if self.variant.container.software != PYTORCH:
            return {}
        return pytorch_environment(
            instance_type=self.variant.hosting.instance_for_container,
            entry_point=self.package.entry_point if self.package else None,
        )
