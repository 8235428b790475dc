"""The role that SageMaker takes on to train a model: what a job needs, each statement on its own resource."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.containers import dlc_accounts
from stacks.execution_role import sagemaker_in
from stacks.names import Names
from stacks.place import place_of
from stacks.training_container import REPOSITORY

_METRICS_NAMESPACE = "/aws/sagemaker/TrainingJobs"  # Amazon SageMaker AI Developer Guide, "Metrics for monitoring"
_LOG_GROUP = "/aws/sagemaker/TrainingJobs"


class TrainingRole(Construct):
    """A role and its policy.

    It may create the log group, which all training jobs of an account and region share: no stack can own it.

    Parameters
    ----------
    scope, construct_id
        As of every construct.
    names
        Of the environment.
    statements
        What the bucket's encryption needs beside that.

    Notes
    -----
    Source: Amazon SageMaker AI Developer Guide, "How to use SageMaker AI execution roles", CreateTrainingJob API.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, names: Names, statements: Sequence[iam.PolicyStatement] = ()
    ) -> None:
        super().__init__(scope, construct_id)
        place = place_of(self)
        bucket = place.s3_arn(names.bucket)
        own = names.training_prefix("*")
        logs = place.arn("logs", f"log-group:{_LOG_GROUP}")
        registry = f"arn:{place.partition}:ecr:{place.region}:{dlc_accounts()[names.region]}"
        self._role = iam.Role(
            self,
            "Role",
            description=f"SageMaker trains models of {names.prefix} with it",
            assumed_by=sagemaker_in(place.account),
        )
        self.policy = iam.Policy(
            self,
            "Policy",
            roles=[self._role],
            statements=[
                iam.PolicyStatement(sid="ReadTraining", actions=["s3:GetObject"], resources=[f"{bucket}/{own}*"]),
                iam.PolicyStatement(
                    sid="ListTraining",
                    actions=["s3:ListBucket"],
                    resources=[bucket],
                    conditions={"StringLike": {"s3:prefix": [f"{own}*"]}},
                ),
                iam.PolicyStatement(
                    sid="WriteResults",
                    actions=["s3:AbortMultipartUpload", "s3:PutObject"],
                    resources=[f"{bucket}/{own}jobs/*"],
                ),
                iam.PolicyStatement(
                    sid="PullImage",
                    actions=[
                        "ecr:BatchCheckLayerAvailability",
                        "ecr:BatchGetImage",
                        "ecr:GetDownloadUrlForLayer",
                    ],
                    resources=[f"{registry}:repository/{REPOSITORY}"],
                ),
                iam.PolicyStatement(sid="LogInToEcr", actions=["ecr:GetAuthorizationToken"], resources=["*"]),
                iam.PolicyStatement(
                    sid="PutMetrics",
                    actions=["cloudwatch:PutMetricData"],
                    resources=["*"],
                    conditions={"StringEquals": {"cloudwatch:namespace": _METRICS_NAMESPACE}},
                ),
                iam.PolicyStatement(
                    sid="WriteLogs",
                    actions=[
                        "logs:CreateLogGroup",
                        "logs:CreateLogStream",
                        "logs:DescribeLogStreams",
                        "logs:PutLogEvents",
                    ],
                    resources=[logs, f"{logs}:*"],
                ),
                *statements,
            ],
        )

    @property
    def arn(self) -> str:
        """The role's ARN."""
        return self._role.role_arn
