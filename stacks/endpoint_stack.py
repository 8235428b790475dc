"""The stateless stack of one endpoint: role, model, endpoint config, endpoint."""

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from assets.package import Package
from stacks.callers import Callers
from stacks.container_image import container_image
from stacks.containers import PYTORCH_PATCHED_UNTIL, pytorch_environment
from stacks.execution_role import ExecutionRole
from stacks.hosting import production_variant
from stacks.model_data import ModelData
from stacks.settings import EnvironmentSettings, hosting_types


class EndpointStack(cdk.Stack):
    """One endpoint, deployed and destroyed alone; it knows the artifact stack by fixed names.

    A changed model or hosting makes a new Model and EndpointConfig (CloudFormation replaces them, and names them),
    and updates the Endpoint in place. A changed hosting type makes a new Endpoint beside the old one, because the
    logical id and the name carry it: SageMaker cannot update an endpoint from instances to serverless.

    Parameters
    ----------
    scope, construct_id
        As of every construct.
    settings
        Of the environment.
    endpoint
        The endpoint's name in the settings.
    package
        The packed model; None where the settings name a tarball that is in S3 already.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: EnvironmentSettings,
        endpoint: str,
        package: Package | None,
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
        self._package = package
        self._endpoint = endpoint
        self._settings = settings
        self._hosting_type = settings.endpoints[endpoint].hosting.type

        if package is not None:
            ModelData(self, "ModelData", package=package)
        model = self._model()
        self._callers(self._sagemaker_endpoint(self._endpoint_config(model)))
        cdk.CfnOutput(self, "ModelDataUrl", value=self._model_data_url)

    @property
    def packs_model(self) -> bool:
        """Whether the model is packed; if not, its tarball is in S3 already."""
        return self._package is not None

    @property
    def package(self) -> Package:
        """The packed model."""
        if self._package is None:
            raise ValueError(f"{self.stack_name} packs no model")
        return self._package

    @property
    def tarball_key(self) -> str:
        """The key of the packed model in the artifact bucket."""
        return self._settings.names.tarball_key(self._endpoint, self.package.digest)

    @property
    def _model_data_url(self) -> str:
        theirs = self._settings.endpoints[self._endpoint].model_data
        return theirs.s3_uri if theirs else f"s3://{self._settings.names.bucket}/{self.tarball_key}"

    def _model(self) -> sagemaker.CfnModel:
        endpoint = self._settings.endpoints[self._endpoint]
        image = container_image(self, names=self._settings.names, endpoint=endpoint)
        role = None if endpoint.execution_role_arn else self._execution_role(image.repository_arn)
        model = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=role.arn if role else endpoint.execution_role_arn,
            primary_container=self._container(image.uri),
            tags=[cdk.CfnTag(key="slipway:model-digest", value=self.package.digest)] if self.packs_model else None,
        )
        if role:
            # SageMaker reads the tarball when the model is created; the role alone does not wait for its policy.
            model.node.add_dependency(role.policy)
            cdk.CfnOutput(self, "ExecutionRoleArn", value=role.arn)
        if endpoint.container == "pytorch-inference":
            cdk.Annotations.of(model).add_warning_v2(
                "slipway:pytorch-inference-out-of-support",
                f"AWS has patched its PyTorch container until {PYTORCH_PATCHED_UNTIL} and no longer; choose "
                "`container: slim`, or `ray-serve` on instances",
            )
        cdk.CfnOutput(self, "ImageUri", value=image.uri)
        return model

    def _container(self, image_uri: str) -> sagemaker.CfnModel.ContainerDefinitionProperty:
        theirs = self._settings.endpoints[self._endpoint].model_data
        if theirs is None:
            return sagemaker.CfnModel.ContainerDefinitionProperty(
                image=image_uri, model_data_url=self._model_data_url, environment=self._environment() or None
            )
        # CloudFormation's S3DataSource does not know the API's ETag. In the environment, where every change makes
        # a new Model, it has the object read anew.
        return sagemaker.CfnModel.ContainerDefinitionProperty(
            image=image_uri,
            model_data_source=sagemaker.CfnModel.ModelDataSourceProperty(
                s3_data_source=sagemaker.CfnModel.S3DataSourceProperty(
                    s3_uri=theirs.s3_uri, s3_data_type="S3Object", compression_type="Gzip"
                )
            ),
            environment={
                **self._environment(),
                **({"SLIPWAY_MODEL_DATA_ETAG": theirs.etag} if theirs.etag else {}),
            }
            or None,
        )

    def _environment(self) -> dict[str, str]:
        """Return what the container is told in its environment."""
        endpoint = self._settings.endpoints[self._endpoint]
        if endpoint.container != "pytorch-inference":
            return {}
        return pytorch_environment(
            instance_type=endpoint.hosting.instance_for_container,
            entry_point=self._package.entry_point if self._package else None,
        )

    def _execution_role(self, repository_arn: str) -> ExecutionRole:
        names, theirs = self._settings.names, self._settings.endpoints[self._endpoint].model_data
        ours = f"{names.bucket}/{names.tarball_prefix(self._endpoint)}*"
        return ExecutionRole(
            self,
            "ExecutionRole",
            tarballs=f"{theirs.bucket}/{theirs.key}" if theirs else ours,
            repository_arn=repository_arn,
            log_groups=[names.log_group(self._endpoint, hosting_type) for hosting_type in hosting_types()],
        )

    def _endpoint_config(self, model: sagemaker.CfnModel) -> sagemaker.CfnEndpointConfig:
        hosting = self._settings.endpoints[self._endpoint].hosting
        return sagemaker.CfnEndpointConfig(
            self, "EndpointConfig", production_variants=[production_variant(hosting, model.attr_model_name)]
        )

    def _sagemaker_endpoint(self, config: sagemaker.CfnEndpointConfig) -> sagemaker.CfnEndpoint:
        names, hosting_type = self._settings.names, self._hosting_type
        kind = "".join(word.capitalize() for word in hosting_type.split("-"))
        log_group = logs.CfnLogGroup(
            self,
            f"{kind}LogGroup",
            log_group_name=names.log_group(self._endpoint, hosting_type),
            retention_in_days=self._settings.endpoints[self._endpoint].log_retention_in_days,
        )
        endpoint = sagemaker.CfnEndpoint(
            self,
            f"{kind}Endpoint",
            endpoint_name=names.endpoint(self._endpoint, hosting_type),
            endpoint_config_name=config.attr_endpoint_config_name,
        )
        # Otherwise SageMaker makes the log group, without retention, and ours then exists already.
        endpoint.add_resource_dependency(log_group)
        return endpoint

    def _callers(self, endpoint: sagemaker.CfnEndpoint) -> None:
        names = self._settings.names
        endpoint_name = names.endpoint(self._endpoint, self._hosting_type)
        callers = Callers(
            self,
            "Callers",
            parameter_name=names.parameter(self._endpoint),
            endpoint=endpoint,
            endpoint_name=endpoint_name,
            endpoint_names=[names.endpoint(self._endpoint, hosting_type) for hosting_type in hosting_types()],
        )
        cdk.CfnOutput(self, "EndpointName", value=endpoint_name)
        cdk.CfnOutput(self, "EndpointNameParameter", value=names.parameter(self._endpoint))
        cdk.CfnOutput(self, "CallerPolicyArn", value=callers.policy.managed_policy_arn)
