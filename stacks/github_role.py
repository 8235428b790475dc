"""The role that GitHub's workflows take on: it deploys through the bootstrap roles, and tries the endpoints."""

from collections.abc import Iterable
from itertools import chain

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.bootstrap_roles import bootstrap_role
from stacks.encryption import bucket_key_arn
from stacks.hosting.object_access import ObjectAccess
from stacks.object_statements import object_statements
from stacks.place import place_of
from stacks.settings import EnvironmentSettings, mode_patterns
from stacks.settings.github import ISSUER, GitHubSettings

AUDIENCE = "sts.amazonaws.com"
"""Whom the tokens are for (README of aws-actions/configure-aws-credentials, "OIDC")."""

_BOOTSTRAP_ROLES = ("deploy", "file-publishing", "image-publishing", "lookup")


class GitHubRole(Construct):
    """A role and its policy.

    What it deploys it does not make itself: CloudFormation does, with the bootstrap's own role.

    Parameters
    ----------
    scope, construct_id
        As of every construct.
    settings
        Of the environment.
    github
        Which jobs take the role on.
    provider_arn
        Of GitHub's OIDC provider.

    Notes
    -----
    Sources: GitHub Docs, "Configuring OpenID Connect in Amazon Web Services" (both conditions); AWS CDK Developer
    Guide, "Customize AWS CDK bootstrapping" (which roles the CDK CLI takes on).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: EnvironmentSettings,
        github: GitHubSettings,
        provider_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        self._role = iam.Role(
            self,
            "Role",
            description=f"GitHub deploys {settings.names.prefix} with it",
            assumed_by=iam.FederatedPrincipal(
                provider_arn,
                {"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": github.subject}},
                "sts:AssumeRoleWithWebIdentity",
            ),
            max_session_duration=cdk.Duration.hours(1),
        )
        iam.Policy(
            self,
            "Policy",
            roles=[self._role],
            statements=[
                iam.PolicyStatement(
                    sid="TakeBootstrapRoles",
                    actions=["sts:AssumeRole"],
                    resources=[bootstrap_role(stack, kind).arn for kind in _BOOTSTRAP_ROLES],
                ),
                *(_asking(stack, settings) if settings.endpoints else ()),
                *_exchanging_objects(stack, settings),
            ],
        )

    @property
    def arn(self) -> str:
        """The role's ARN."""
        return self._role.role_arn


def exchanged_objects(settings: EnvironmentSettings) -> list[ObjectAccess]:
    """List what the callers of all endpoints put into the artifact bucket and read there."""
    return [
        access for name, endpoint in settings.endpoints.items() for access in endpoint.hosting.caller_access(name)
    ]


def _asking(stack: cdk.Stack, settings: EnvironmentSettings) -> Iterable[iam.PolicyStatement]:
    """Yield what it takes to ask the endpoints, under every name that they can have.

    A job that changes how one is hosted may try it while this stack, deployed beside it, is older or newer.
    """
    names, place = settings.names, place_of(stack)
    arns = {
        name: [
            place.arn("sagemaker", f"endpoint/{pattern}")
            for pattern in names.endpoint_patterns(name, mode_patterns())
        ]
        for name in settings.endpoints
    }
    yield iam.PolicyStatement(
        sid="InvokeEndpoints",
        actions=["sagemaker:InvokeEndpoint"],
        resources=[*chain.from_iterable(arns.values())],
    )
    yield iam.PolicyStatement(
        sid="FindEndpoints",
        actions=["ssm:GetParameter"],
        resources=[place.arn("ssm", f"parameter{names.parameter(name)}") for name in settings.endpoints],
    )
    others: dict[tuple[str, str], list[str]] = {}
    for name, endpoint in settings.endpoints.items():
        for sid, action in endpoint.hosting.invocations.items():
            others.setdefault((sid, action), []).extend(arns[name])
    for (sid, action), resources in others.items():
        yield iam.PolicyStatement(sid=sid, actions=[action], resources=resources)


def _exchanging_objects(stack: cdk.Stack, settings: EnvironmentSettings) -> Iterable[iam.PolicyStatement]:
    """Yield what it takes to put requests into the artifact bucket, and to read answers and failures there."""
    exchanged = exchanged_objects(settings)
    yield from object_statements(stack, bucket=settings.names.bucket, accesses=exchanged)
    if exchanged and (key := bucket_key_arn(stack, settings)):
        actions = ["kms:Decrypt", "kms:GenerateDataKey"]
        yield iam.PolicyStatement(sid="UseBucketKey", actions=actions, resources=[key])
