"""The stateless stack of one endpoint: role, model, endpoint config, endpoint."""

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from assets.package import Package
from stacks.callers import Callers
from stacks.container_image import container_image
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
        The packed model.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: EnvironmentSettings,
        endpoint: str,
        package: Package,
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
        self.package = package
        self.tarball_key = names.tarball_key(endpoint, package.digest)
        self._endpoint = endpoint
        self._settings = settings
        self._hosting_type = settings.endpoints[endpoint].hosting.type

        ModelData(self, "ModelData", package=package)
        model = self._model()
        self._callers(self._sagemaker_endpoint(self._endpoint_config(model)))
        cdk.CfnOutput(self, "ModelDataUrl", value=self._model_data_url)

    @property
    def _model_data_url(self) -> str:
        return f"s3://{self._settings.names.bucket}/{self.tarball_key}"

    def _model(self) -> sagemaker.CfnModel:
        endpoint = self._settings.endpoints[self._endpoint]
        image = container_image(self, names=self._settings.names, endpoint=endpoint)
        role = None if endpoint.execution_role_arn else self._execution_role(image.repository_arn)
        model = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=role.arn if role else endpoint.execution_role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=image.uri, model_data_url=self._model_data_url
            ),
            tags=[cdk.CfnTag(key="slipway:model-digest", value=self.package.digest)],
        )
        if role:
            # SageMaker reads the tarball when the model is created; the role alone does not wait for its policy.
            model.node.add_dependency(role.policy)
            cdk.CfnOutput(self, "ExecutionRoleArn", value=role.arn)
        if endpoint.container == "ray-serve":
            cdk.Annotations.of(model).add_warning_v2(
                "slipway:ray-serve-bridge",
                "AWS's Ray Serve container does not know the functions of inference.py, and the tarball does not "
                "hold the bridge to them yet: on AWS this endpoint would not start",
            )
        cdk.CfnOutput(self, "ImageUri", value=image.uri)
        return model

    def _execution_role(self, repository_arn: str) -> ExecutionRole:
        names = self._settings.names
        return ExecutionRole(
            self,
            "ExecutionRole",
            bucket_name=names.bucket,
            tarball_prefix=names.tarball_prefix(self._endpoint),
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
