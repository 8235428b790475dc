"""The role that SageMaker takes on to run a model: what hosting needs, each statement on its own resource."""

from collections.abc import Sequence
from functools import cached_property

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.place import place_of

_METRICS_NAMESPACE = "/aws/sagemaker/Endpoints"  # Amazon SageMaker AI Developer Guide, "Metrics for monitoring"


def sagemaker_in(account: str) -> iam.ServicePrincipal:
    """Return who takes on a role: SageMaker, for resources of an account."""
    return iam.ServicePrincipal(
        "sagemaker.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": account}}
    )


class ExecutionRole(Construct):
    """A role and its policy.

    The policy's id says how the endpoint is hosted: when that changes, the old endpoint keeps what it needs until
    CloudFormation has cleaned it up, and its policy after it.

    There is no `logs:CreateLogGroup`: the stack owns the log group, and one that came back after its deletion
    would fail the next deployment. There is no `sagemaker:` action: hosting calls none.

    Parameters
    ----------
    scope, construct_id
        As of every construct.
    mode_id
        How the endpoint is hosted, as an id.
    tarballs
        Which objects hold this endpoint's tarballs, as `bucket/key`; where we publish them, the previous ones too,
        with `*`: a running fleet reads them to scale out and to roll back.
    repository_arns
        Of the images.
    log_groups
        Names of the log groups that the endpoint may write to.
    statements
        What the features that are on need beside that, and `additional_statements` of the settings.

    Notes
    -----
    Source: Amazon SageMaker AI Developer Guide, "How to use SageMaker AI execution roles", CreateModel API.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        mode_id: str,
        tarballs: Sequence[str],
        repository_arns: Sequence[str],
        log_groups: Sequence[str],
        statements: Sequence[iam.PolicyStatement] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        place = place_of(scope)
        self._role = iam.Role(
            self,
            "Role",
            description=f"SageMaker runs the model of {stack.stack_name} with it",
            assumed_by=sagemaker_in(place.account),
        )
        self.policy = iam.Policy(
            self,
            f"{mode_id}Policy",
            roles=[self._role],
            statements=[
                iam.PolicyStatement(
                    sid="ReadModel",
                    actions=["s3:GetObject"],
                    resources=[place.s3_arn(tarball) for tarball in tarballs],
                ),
                iam.PolicyStatement(
                    sid="PullImage",
                    actions=[
                        "ecr:BatchCheckLayerAvailability",
                        "ecr:BatchGetImage",
                        "ecr:GetDownloadUrlForLayer",
                    ],
                    resources=[*repository_arns],
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
                    actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    resources=[place.arn("logs", f"log-group:{log_group}:*") for log_group in log_groups],
                ),
                *statements,
            ],
        )

    @cached_property
    def arn(self) -> str:
        """The role's ARN."""
        return self._role.role_arn
