"""The settings of one environment, in SageMaker's words."""

import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema

from assets.nearest import did_you_mean
from stacks.containers import dlc_accounts
from stacks.names import PART, Names, is_part
from stacks.settings.encryption import EnvironmentEncryption
from stacks.settings.endpoint import EndpointSettings
from stacks.settings.github import GitHubSettings
from stacks.settings.training import TrainingSettings
from stacks.settings_common.base import SettingsModel

LOCAL_ACCOUNT = "000000000000"
"""The account of AWS on this machine."""

_MAX_TAGS = 45


def _part(value: str) -> str:
    if is_part(value):
        return value
    raise ValueError(f"{value!r} may hold lower-case letters, digits and single hyphens, and starts with a letter")


def _project(value: str) -> str:
    # Systems Manager API, PutParameter; Amazon S3 User Guide, "Bucket naming rules".
    for reserved in ("aws", "ssm", "sthree-", "amzn-s3-demo-"):
        if value.startswith(reserved):
            raise ValueError(
                f"{value!r} starts with {reserved!r}, which AWS keeps for itself; choose another prefix"
            )
    return _part(value)


def _endpoint_name(value: str) -> str:
    if value == "artifacts":
        raise ValueError("the name 'artifacts' is taken by the stack of the artifact bucket; choose another")
    if value == "training":
        raise ValueError("the name 'training' is taken by the stack of the training role; choose another")
    if value == "github":
        raise ValueError("the name 'github' is taken by the stack of GitHub's deploy role; choose another")
    return _part(value)


def _account(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        example = f"{value:012d}" if value >= 10**11 else "000000000000"
        raise ValueError(  # noqa: TRY004 (pydantic reports ValueError)
            f'must stand in quotes, as in "{example}": YAML reads it as a number, which loses leading zeros'
        )
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{12}", value):
        raise ValueError(f"{value!r} is not an account id; allowed: 12 digits, in quotes")
    return value


def _region(value: str) -> str:
    if value in dlc_accounts():
        return value
    raise ValueError(
        f"{value!r} is no region where AWS keeps its SageMaker containers{did_you_mean(value, dlc_accounts())} "
        f"(allowed: {', '.join(dlc_accounts())})"
    )


def _tags(value: dict[str, str]) -> dict[str, str]:
    # AWS Resource Groups Tagging API, TagResources: 50 tags, of which Slipway and the CDK set some themselves.
    if len(value) > _MAX_TAGS:
        raise ValueError(f"{len(value)} tags are too many; allowed: up to {_MAX_TAGS}")
    for key, text in value.items():
        if not 1 <= len(key) <= 128 or len(text) > 256:  # noqa: PLR2004
            raise ValueError(f"{key!r}: a tag's key may have 1 to 128 characters, its value up to 256")
        if key.lower().startswith("aws:"):
            raise ValueError(f"{key!r}: tags that start with aws: are AWS's own; choose another key")
    return value


class EnvironmentSettings(SettingsModel):
    """One environment: where it is, and the endpoints in it."""

    name: SkipJsonSchema[Annotated[str, AfterValidator(_part)]]
    """The environment's name: its file's, without `.yaml`."""

    project: Annotated[str, AfterValidator(_project), Field(json_schema_extra={"pattern": f"^{PART}$"})] = (
        "slipway"
    )
    """Prefix of every name, so that two teams fit in one account."""

    account: Annotated[str, BeforeValidator(_account), Field(json_schema_extra={"pattern": "^[0-9]{12}$"})]
    """The AWS account, 12 digits in quotes."""

    region: Annotated[str, AfterValidator(_region), Field(json_schema_extra={"enum": list(dlc_accounts())})]
    """The AWS region."""

    tags: Annotated[dict[str, str], AfterValidator(_tags)] = Field(default={})
    """Tags of every resource."""

    removal: Literal["destroy", "retain"] = "retain"
    """What happens to the bucket and the images with the stack: `destroy` or `retain` (and protect the stack)."""

    encryption: EnvironmentEncryption = EnvironmentEncryption()
    """The KMS key of the artifact bucket."""

    training: TrainingSettings | None = None
    """Where training jobs run; left out: nothing is trained in this environment, and no role is made for it."""

    github: GitHubSettings | None = None
    """Whose workflows deploy it from GitHub; left out: no role is made for that."""

    endpoints: dict[Annotated[str, AfterValidator(_endpoint_name)], EndpointSettings]
    """The endpoints by name."""

    @property
    def is_local(self) -> bool:
        """Whether it is in AWS on this machine."""
        return self.account == LOCAL_ACCOUNT

    @cached_property
    def names(self) -> Names:
        """The names of everything in this environment."""
        return Names(project=self.project, environment=self.name, account=self.account, region=self.region)
