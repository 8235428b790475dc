"""The `AsyncInferenceConfig` of an endpoint: places in S3, and topics, with the permission to publish there."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.hosting.asynchronous.prefixes import AsyncKind
from stacks.hosting.asynchronous.settings import AsyncHosting
from stacks.settings_common.made import MADE
from stacks.topics import made_topic


class AsyncInference(Construct):
    """The topics that the settings have made, and what names them and the places in S3.

    Parameters
    ----------
    scope, construct_id
        As of every construct.
    hosting
        Of the settings.
    endpoint
        The endpoint's name in the settings.
    bucket
        The artifact bucket's name.
    topics_key
        The KMS key of the topics that are made.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        hosting: AsyncHosting,
        endpoint: str,
        bucket: str,
        topics_key: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._hosting = hosting
        self._endpoint = endpoint
        self._bucket = bucket
        self._success_topic = self._topic("SuccessTopic", hosting.success_topic, topics_key)
        self._error_topic = self._topic("ErrorTopic", hosting.error_topic, topics_key)

    def config(self) -> sagemaker.CfnEndpointConfig.AsyncInferenceConfigProperty:
        """Write the `AsyncInferenceConfig` of an endpoint config (SageMaker API, CreateEndpointConfig)."""
        most = self._hosting.max_concurrent_invocations_per_instance
        return sagemaker.CfnEndpointConfig.AsyncInferenceConfigProperty(
            client_config=sagemaker.CfnEndpointConfig.AsyncInferenceClientConfigProperty(
                max_concurrent_invocations_per_instance=most
            )
            if most
            else None,
            output_config=sagemaker.CfnEndpointConfig.AsyncInferenceOutputConfigProperty(
                s3_output_path=self._place("output"),
                s3_failure_path=self._place("failure"),
                notification_config=self._notifications(),
            ),
        )

    def role_statements(self) -> list[iam.PolicyStatement]:
        """Let the execution role publish to the topics.

        SageMaker does it with the role, and tries the topics whenever the endpoint is created or updated. Source:
        Amazon SageMaker AI Developer Guide, "Asynchronous inference", *Complete the prerequisites* and *Create
        Endpoint*.
        """
        topics = [topic for topic in (self._success_topic, self._error_topic) if topic]
        if not topics:
            return []
        return [iam.PolicyStatement(sid="NotifyOfAsync", actions=["sns:Publish"], resources=topics)]

    @property
    def makes_topics(self) -> bool:
        """Whether the stack makes a topic."""
        return MADE in (self._hosting.success_topic, self._hosting.error_topic)

    @property
    def input_location(self) -> str:
        """Where callers put requests, as `s3://bucket/prefix`."""
        return self._place("input")

    def _topic(self, construct_id: str, setting: str | None, key: str | None) -> str | None:
        if setting != MADE:
            return setting
        return made_topic(self, construct_id, key_arn=key).ref

    def _notifications(self) -> sagemaker.CfnEndpointConfig.AsyncInferenceNotificationConfigProperty | None:
        if not self._success_topic and not self._error_topic:
            return None
        return sagemaker.CfnEndpointConfig.AsyncInferenceNotificationConfigProperty(
            success_topic=self._success_topic,
            error_topic=self._error_topic,
            include_inference_response_in=list(self._hosting.include_inference_response_in) or None,
        )

    def _place(self, kind: AsyncKind) -> str:
        return f"s3://{self._bucket}/{self._hosting.key_prefix(self._endpoint, kind)}".removesuffix("/")
