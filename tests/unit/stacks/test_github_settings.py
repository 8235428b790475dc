"""`github`: what it allows, and whose jobs it names."""

from collections.abc import Callable
from typing import Any

import pytest

from stacks.settings.github import GitHubSettings

Messages = Callable[[Any], list[str]]
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"


def settings(**github: Any) -> dict[str, Any]:
    return {"account": "123456789012", "region": "eu-central-1", "endpoints": {}, "github": github}


@pytest.mark.parametrize(
    ("github", "subject"),
    [
        ({"repository": "octo-org/octo-repo", "branch": "main"}, "repo:octo-org/octo-repo:ref:refs/heads/main"),
        (
            {"repository": "octo-org@123456/octo-repo@456789", "environment": "prod"},
            "repo:octo-org@123456/octo-repo@456789:environment:prod",
        ),
    ],
    ids=["branch", "environment"],
)
def test_the_subject_is_that_of_githubs_tokens(github: dict[str, str], subject: str) -> None:
    assert GitHubSettings.model_validate(github).subject == subject


@pytest.mark.parametrize(
    "more", [{"branch": "release/1.x"}, {"environment": "prod"}, {"branch": "main", "oidc_provider": PROVIDER}]
)
def test_a_repository_and_a_place_are_enough(messages: Messages, more: dict[str, str]) -> None:
    assert messages(settings(repository="octo-org/octo.repo_1", **more)) == []


@pytest.mark.parametrize(
    ("github", "message"),
    [
        ({"environment": "prod"}, "github.repository: is missing"),
        (
            {"repository": "octo-repo", "branch": "main"},
            "github.repository: 'octo-repo' is no repository; write ow",
        ),
        (
            {"repository": "octo-org@1/octo-repo", "branch": "main"},
            "github.repository: 'octo-org@1/octo-repo' is no",
        ),
        ({"repository": "octo-org/*", "branch": "main"}, "github.repository: 'octo-org/*' is no repository"),
        (
            {"repository": "octo-org/octo-repo", "branch": "*"},
            "github.branch: '*' may hold letters, digits and . _",
        ),
        ({"repository": "octo-org/octo-repo", "environment": "a:b"}, "github.environment: 'a:b' may hold letters"),
        (
            {"repository": "octo-org/octo-repo"},
            "github: no job is allowed to deploy; add `environment`, or `branch`",
        ),
        (
            {"repository": "octo-org/octo-repo", "branch": "main", "environment": "prod"},
            "github.branch: a job's token names its environment or, without one, its branch; leave one of",
        ),
        (
            {"repository": "octo-org/octo-repo", "branch": "main", "oidc_provider": "github"},
            "github.oidc_provider: 'github' is neither `made` nor the ARN of GitHub's provider",
        ),
        (
            {
                "repository": "octo-org/octo-repo",
                "branch": "main",
                "oidc_provider": PROVIDER.replace("123456789012", "999999999999"),
            },
            "github.oidc_provider: the provider is in account 999999999999; the role is in 123456789012",
        ),
    ],
    ids=[
        *("no-repository", "no-owner", "one-id", "every-repository", "every-branch", "colon", "no-place", "both"),
        *("no-arn", "other-account"),
    ],
)
def test_a_mistake_is_named(messages: Messages, github: dict[str, Any], message: str) -> None:
    (found,) = messages(settings(**github))
    assert found.startswith(f"dev.yaml: {message}")


def test_no_endpoint_takes_the_name_of_the_stack(messages: Messages) -> None:
    document = settings(repository="octo-org/octo-repo", branch="main")
    document["endpoints"] = {"github": {"model": "linear", "hosting": {"type": "serverless"}}}
    (message,) = messages(document)
    assert "the name 'github' is taken by the stack of GitHub's deploy role; choose another" in message
