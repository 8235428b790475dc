"""The variants of an endpoint: what serves its requests, each with its own model, container and hosting."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from stacks.containers import default_container
from stacks.hosting import Hosting
from stacks.hosting.instances.settings import InstanceType
from stacks.names import is_part
from stacks.settings.container import Container, parse_container
from stacks.settings.container_kinds import CatalogueContainer, ContainerName
from stacks.settings.model_source import ModelName
from stacks.settings.s3_model_data import OptionalS3ModelData, S3ModelData
from stacks.settings_common.base import SettingsModel

# SageMaker's own default; UpdateEndpoint's deployment guardrails want it the same in every config of an endpoint.
VARIANT_NAME = "AllTraffic"
"""The name of an endpoint's only production variant."""

SHADOW_NAME = "Shadow"
"""The name of an endpoint's shadow variant; no production variant's may have a capital."""

_MAX_VARIANT_NAME = 63  # SageMaker API, VariantName


def _variant_name(value: str) -> str:
    if is_part(value) and len(value) <= _MAX_VARIANT_NAME:
        return value
    raise ValueError(
        f"{value!r} may hold up to {_MAX_VARIANT_NAME} lower-case letters, digits and single hyphens, and starts "
        "with a letter"
    )


def _parse_container(value: Any) -> Container | None:
    return None if value is None else parse_container(value)


OptionalContainer = Annotated[
    Container | None,
    BeforeValidator(_parse_container, json_schema_input_type=ContainerName | Container | None),
]
VariantName = Annotated[str, AfterValidator(_variant_name)]
"""The name of one of several production variants."""


class _VariantSettings(SettingsModel):
    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["model"]}, {"required": ["model_data"]}]})

    model_data: OptionalS3ModelData = None
    """A tarball that is in S3 already, in place of `model`."""

    model: ModelName = Field(default="", validate_default=True, json_schema_extra={"minLength": 1})
    """Name of a folder in model_code/, or the path of a model folder; empty where `model_data` is given."""

    container: OptionalContainer = None
    """What serves this variant; left out: the endpoint's container."""

    instance_type: InstanceType | None = None
    """Of this variant; left out: that of `hosting`."""

    initial_instance_count: int | None = Field(default=None, ge=1)
    """Of this variant; left out: that of `hosting`."""


class VariantSettings(_VariantSettings):
    """One of several production variants."""

    initial_variant_weight: float = Field(default=1.0, ge=0, le=1000000)
    """Its share of the traffic is this over the sum of all weights."""


class ShadowSettings(_VariantSettings):
    """The shadow variant: it gets copies of requests, and its answers are dropped."""

    sampling_percentage: int = Field(default=100, ge=1, le=100)
    """How many of the requests are copied, in percent."""


@dataclass(frozen=True)
class Variant:
    """One variant, with everything that the settings say or imply of it.

    Parameters
    ----------
    name
        As InvokeEndpoint's `TargetVariant` knows it.
    model
        The model that is packed; empty where `model_data` is given.
    model_data
        A tarball that is in S3 already.
    container
        What serves it.
    hosting
        The endpoint's hosting, with what the variant has of its own in place.
    weight
        Its share of the traffic is this over the sum of all weights; of a shadow variant, over the production
        variant's.
    is_shadow
        Whether it gets copies of requests, and its answers are dropped.
    """

    name: str
    model: str
    model_data: S3ModelData | None
    container: Container
    hosting: Hosting
    weight: float = 1.0
    is_shadow: bool = False


def variant_of(
    settings: VariantSettings | ShadowSettings, name: str, hosting: Hosting, container: Container | None
) -> Variant:
    """Return a variant with what it has of its own in the place of what the endpoint has.

    Parameters
    ----------
    settings
        Of the variant.
    name
        Of the variant.
    hosting
        Of the endpoint.
    container
        Of the endpoint; None where the settings do not say one.
    """
    own = {"instance_type": settings.instance_type, "initial_instance_count": settings.initial_instance_count}
    placed = hosting.model_copy(update={key: value for key, value in own.items() if value is not None})
    default = CatalogueContainer(name=default_container(placed.instance_for_container))
    return Variant(
        name=name,
        model=settings.model,
        model_data=settings.model_data,
        container=settings.container or container or default,
        hosting=placed,
        weight=settings.sampling_percentage / 100
        if isinstance(settings, ShadowSettings)
        else settings.initial_variant_weight,
        is_shadow=isinstance(settings, ShadowSettings),
    )
