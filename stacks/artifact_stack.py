"""The stateful stack of an environment: the bucket of the tarballs and the repository of the images."""

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.bootstrap_roles import bootstrap_role
from stacks.bucket_emptier import own_bucket_emptier
from stacks.bucket_key import bucket_key
from stacks.data_capture import capture_lifecycle_rule
from stacks.settings import EnvironmentSettings

_DAYS_OF_UNFINISHED_UPLOADS = 7
_DAYS_OF_OLD_VERSIONS = 30
_DAYS_OF_UNTAGGED_IMAGES = 14


class ArtifactStack(cdk.Stack):
    """Bucket and repository, with the grants that the CDK CLI needs to publish into them.

    Parameters
    ----------
    scope, construct_id
        As of every construct.
    settings
        Of the environment. With `removal: retain`, bucket and repository outlive the stack, and the stack is
        protected against termination.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: EnvironmentSettings) -> None:
        retain = settings.removal == "retain"
        super().__init__(
            scope,
            construct_id,
            env=cdk.Environment(account=settings.account, region=settings.region),
            description=f"Slipway: the model artifacts of {settings.names.prefix}",
            termination_protection=retain,
        )
        removal_policy = cdk.RemovalPolicy.RETAIN if retain else cdk.RemovalPolicy.DESTROY
        bucket = self._bucket(settings, removal_policy)
        repository = self._repository(settings.names.repository, removal_policy)
        self._let_the_cli_publish(bucket, repository)
        if not retain:
            own_bucket_emptier(self)
        cdk.CfnOutput(self, "BucketName", value=settings.names.bucket)
        cdk.CfnOutput(self, "RepositoryName", value=settings.names.repository)

    def _bucket(self, settings: EnvironmentSettings, removal_policy: cdk.RemovalPolicy) -> s3.Bucket:
        key = bucket_key(self, settings)
        return s3.Bucket(
            self,
            "ArtifactBucket",
            bucket_name=settings.names.bucket,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="unfinished-uploads",
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(_DAYS_OF_UNFINISHED_UPLOADS),
                ),
                s3.LifecycleRule(
                    id="old-versions", noncurrent_version_expiration=cdk.Duration.days(_DAYS_OF_OLD_VERSIONS)
                ),
                *(
                    capture_lifecycle_rule(endpoint.data_capture, name)
                    for name, endpoint in settings.endpoints.items()
                    if endpoint.data_capture
                ),
            ],
            removal_policy=removal_policy,
            auto_delete_objects=removal_policy == cdk.RemovalPolicy.DESTROY,
        )

    def _repository(self, name: str, removal_policy: cdk.RemovalPolicy) -> ecr.Repository:
        return ecr.Repository(
            self,
            "ImageRepository",
            repository_name=name,
            image_scan_on_push=True,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            lifecycle_rules=[
                ecr.LifecycleRule(
                    description="untagged images; a tagged one may be in use",
                    tag_status=ecr.TagStatus.UNTAGGED,
                    max_image_age=cdk.Duration.days(_DAYS_OF_UNTAGGED_IMAGES),
                )
            ],
            removal_policy=removal_policy,
            empty_on_delete=removal_policy == cdk.RemovalPolicy.DESTROY,
        )

    def _let_the_cli_publish(self, bucket: s3.Bucket, repository: ecr.Repository) -> None:
        """Grant the bootstrap roles, whose own policies know the bootstrap bucket and repository alone."""
        files = bootstrap_role(self, "file-publishing")
        objects = bucket.arn_for_objects("models/*")
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="FindAssets",
                principals=[files],
                actions=["s3:GetBucketLocation", "s3:GetEncryptionConfiguration", "s3:ListBucket"],
                resources=[bucket.bucket_arn],
            )
        )
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="PublishAssets",
                principals=[files],
                actions=["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
                resources=[objects],
            )
        )
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="ReadTemplates",
                principals=[bootstrap_role(self, "deploy")],
                actions=["s3:GetObject"],
                resources=[objects],
            )
        )
        # The push actions: Amazon ECR User Guide, "IAM permissions for pushing an image".
        repository.add_to_resource_policy(
            iam.PolicyStatement(
                sid="PublishImages",
                principals=[bootstrap_role(self, "image-publishing")],
                actions=[
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:CompleteLayerUpload",
                    "ecr:DescribeImages",
                    "ecr:DescribeRepositories",
                    "ecr:InitiateLayerUpload",
                    "ecr:PutImage",
                    "ecr:UploadLayerPart",
                ],
            )
        )
