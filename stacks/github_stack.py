"""The stack by which GitHub's workflows deploy an environment without a stored secret."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.github_role import AUDIENCE, GitHubRole, exchanged_objects
from stacks.settings import EnvironmentSettings
from stacks.settings.github import ISSUER, GitHubSettings
from stacks.settings_common.made import MADE


class GitHubStack(cdk.Stack):
    """GitHub's OIDC provider, where it is to be made, and the role that deploys. Neither costs anything.

    Parameters
    ----------
    scope, construct_id
        As of every construct.
    settings
        Of the environment.
    github
        Its `github`.

    Attributes
    ----------
    reads_bucket_key
        Whether the artifact stack has to be there first: it tells the ARN of the key that it makes.

    Notes
    -----
    There is no thumbprint: IAM verifies GitHub's certificate by its own library of root authorities (AWS IAM API,
    CreateOpenIDConnectProvider).
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: EnvironmentSettings, github: GitHubSettings
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=cdk.Environment(account=settings.account, region=settings.region),
            description=f"Slipway: the deployments of {settings.names.prefix} from GitHub",
        )
        provider = self._made_provider() if github.oidc_provider == MADE else github.oidc_provider
        role = GitHubRole(self, "DeployRole", settings=settings, github=github, provider_arn=provider)
        cdk.CfnOutput(self, "DeployRoleArn", value=role.arn)
        self.reads_bucket_key = settings.encryption.bucket == MADE and bool(exchanged_objects(settings))

    def _made_provider(self) -> str:
        provider = iam.CfnOIDCProvider(self, "GitHubProvider", url=f"https://{ISSUER}", client_id_list=[AUDIENCE])
        cdk.CfnOutput(self, "ProviderArn", value=provider.attr_arn)
        return provider.attr_arn
