"""`github`: the repository whose workflows deploy the environment."""

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from assets.mistakes import Mistake
from stacks.settings_common.base import SettingsModel
from stacks.settings_common.made import MADE
from stacks.settings_common.raw import Raw, mapping, text

ISSUER = "token.actions.githubusercontent.com"
"""Who issues the workflows' tokens (GitHub Docs, "Configuring OpenID Connect in Amazon Web Services")."""

# Since 2026-07-15 the tokens of a new, renamed or moved repository carry the ids (GitHub Docs, "OpenID Connect
# reference", *Immutable subject claims*).
_REPOSITORY = r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+|[A-Za-z0-9][A-Za-z0-9-]*@[0-9]+/[A-Za-z0-9._-]+@[0-9]+"
_PLACE = r"[A-Za-z0-9][A-Za-z0-9._/-]*"
_PROVIDER_ARN = rf"arn:aws[a-z-]*:iam::[0-9]{{12}}:oidc-provider/{re.escape(ISSUER)}"
_ACCOUNT_OF_ARN = 4


def _repository(value: str) -> str:
    if re.fullmatch(_REPOSITORY, value):
        return value
    raise ValueError(
        f"{value!r} is no repository; write owner/name, or owner@id/name@id where the tokens carry the ids, "
        "as those of repositories made since 2026-07-15 do"
    )


def _place(value: str) -> str:
    if re.fullmatch(_PLACE, value):
        return value
    raise ValueError(
        f"{value!r} may hold letters, digits and . _ / -, and starts with a letter or digit; it is taken as it "
        "stands, without patterns"
    )


def _provider(value: str) -> str:
    if value == MADE or re.fullmatch(_PROVIDER_ARN, value):
        return value
    raise ValueError(
        f"{value!r} is neither `made` nor the ARN of GitHub's provider, as in "
        f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"
    )


_Place = Annotated[str, AfterValidator(_place), Field(json_schema_extra={"pattern": f"^({_PLACE})$"})]


class GitHubSettings(SettingsModel):
    """Which workflow jobs may deploy: those of one repository that run for one environment or on one branch."""

    repository: Annotated[
        str, AfterValidator(_repository), Field(json_schema_extra={"pattern": f"^({_REPOSITORY})$"})
    ]
    """As owner/name, or owner@id/name@id where GitHub's tokens carry the ids."""

    environment: _Place | None = None
    """The GitHub environment of the jobs, whose protection rules go before a deployment."""

    branch: _Place | None = None
    """In the place of `environment`: the branch that the jobs run on."""

    oidc_provider: Annotated[
        str,
        AfterValidator(_provider),
        Field(json_schema_extra={"anyOf": [{"const": MADE}, {"pattern": f"^{_PROVIDER_ARN}$"}]}),
    ] = MADE
    """GitHub's OIDC provider, of which an account has only one: `made`, or the ARN of the one that is there."""

    @property
    def subject(self) -> str:
        """The `sub` claim of the jobs' tokens (GitHub Docs, "OpenID Connect reference")."""
        place = f"environment:{self.environment}" if self.environment else f"ref:refs/heads/{self.branch}"
        return f"repo:{self.repository}:{place}"


def github_mistakes(document: Raw) -> Iterator[Mistake]:
    """Yield what no single value shows: neither environment nor branch, both, and another account's provider.

    Parameters
    ----------
    document
        The environment's settings as YAML has them.
    """
    if not isinstance(document.get("github"), dict):
        return
    github = mapping(document, "github")
    given = [key for key in ("environment", "branch") if github.get(key) is not None]
    if not given:
        yield Mistake("github", "no job is allowed to deploy; add `environment`, or `branch`")
    elif len(given) > 1:
        yield Mistake(
            "github.branch",
            "a job's token names its environment or, without one, its branch; leave one of the two keys out",
        )
    provider, account = text(github, "oidc_provider"), text(document, "account")
    if re.fullmatch(_PROVIDER_ARN, provider) and account:
        theirs = provider.split(":")[_ACCOUNT_OF_ARN]
        if theirs != account:
            yield Mistake("github.oidc_provider", f"the provider is in account {theirs}; the role is in {account}")
