"""The settings of one environment, in SageMaker's words."""

import re
from functools import cached_property
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic.json_schema import SkipJsonSchema

from assets.nearest import did_you_mean
from stacks.containers import ContainerName, default_container, dlc_accounts
from stacks.names import PART, Names, is_part
from stacks.settings.base import SettingsModel
from stacks.settings.hosting import Hosting
from stacks.settings.s3_model_data import OptionalS3ModelData

LogRetention = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]  # CloudWatch Logs API, PutRetentionPolicy

_MAX_TAGS = 45
_ROLE_ARN = r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+"  # SageMaker API, RoleArn


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
    return _part(value)


def _model(value: str, info: ValidationInfo) -> str:
    model_data = info.data.get("model_data", False)  # False where that is a mistake itself
    if not value and model_data is None:
        raise ValueError("is missing; name the model that is packed, or a tarball in S3 by model_data")
    if value and model_data:
        raise ValueError("stands beside model_data; remove one of the two")
    return value


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


def _role_arn(value: str) -> str:
    if re.fullmatch(_ROLE_ARN, value):
        return value
    raise ValueError(f"{value!r} is not the ARN of a role, as in arn:aws:iam::111122223333:role/name")


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


class EndpointSettings(SettingsModel):
    """One endpoint: a model, the container that serves it, and how it is hosted."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["model"]}, {"required": ["model_data"]}]})

    model_data: OptionalS3ModelData = None
    """A tarball that is in S3 already, in place of `model`."""

    model: Annotated[str, AfterValidator(_model)] = Field(
        default="", validate_default=True, json_schema_extra={"minLength": 1}
    )
    """Name of a folder in model_code/, or the path of a model folder; empty where `model_data` is given."""

    hosting: Hosting
    """How the endpoint is hosted."""

    container: ContainerName = Field(
        default_factory=lambda data: default_container(data["hosting"].instance_for_container)
    )
    """`slim` (our own) or `ray-serve` (AWS's); left out: ray-serve on GPU instances, else slim."""

    execution_role_arn: (
        Annotated[str, AfterValidator(_role_arn), Field(json_schema_extra={"pattern": f"^{_ROLE_ARN}$"})] | None
    ) = None
    """A role of your own for the model, instead of the least-privilege one that Slipway makes."""

    log_retention_in_days: LogRetention = 30
    """How long the container's logs are kept."""


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

    endpoints: dict[Annotated[str, AfterValidator(_endpoint_name)], EndpointSettings]
    """The endpoints by name."""

    @cached_property
    def names(self) -> Names:
        """The names of everything in this environment."""
        return Names(project=self.project, environment=self.name, account=self.account, region=self.region)


def hosting_types() -> tuple[str, ...]:
    """List the values of `hosting.type`."""
    union = get_args(Hosting)[0]
    return tuple(get_args(way.model_fields["type"].annotation)[0] for way in get_args(union))
