"""The settings of one endpoint, in SageMaker's words."""

import re
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from stacks.containers import default_container
from stacks.hosting import Hosting
from stacks.settings.artifact import Artifact
from stacks.settings.container import Container, ContainerSetting
from stacks.settings.container_kinds import CatalogueContainer
from stacks.settings.data_capture import DataCapture
from stacks.settings.encryption import EndpointEncryption
from stacks.settings.mode import endpoint_mode
from stacks.settings.model_source import EndpointModelName
from stacks.settings.network import Network
from stacks.settings.observability import Observability
from stacks.settings.rollout import RollbackAlarms, Rollout, default_rollout, takes_guardrails
from stacks.settings.s3_model_data import OptionalS3ModelData
from stacks.settings.statements import AdditionalStatement
from stacks.settings.variants import (
    SHADOW_NAME,
    VARIANT_NAME,
    ShadowSettings,
    Variant,
    VariantName,
    VariantSettings,
    variant_of,
)
from stacks.settings_common.base import SettingsModel

LogRetention = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]  # CloudWatch Logs API, PutRetentionPolicy

_ROLE_ARN = r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+"  # SageMaker API, RoleArn


def _role_arn(value: str) -> str:
    if re.fullmatch(_ROLE_ARN, value):
        return value
    raise ValueError(f"{value!r} is not the ARN of a role, as in arn:aws:iam::111122223333:role/name")


class EndpointSettings(SettingsModel):
    """One endpoint: a model, the container that serves it, and how it is hosted."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [key]} for key in ("model", "model_data", "variants")]}
    )

    variants: dict[VariantName, VariantSettings] | None = None
    """Several production variants, each with a model of its own, in place of `model`."""

    model_data: OptionalS3ModelData = None
    """A tarball that is in S3 already, in place of `model`."""

    model: EndpointModelName = Field(default="", validate_default=True, json_schema_extra={"minLength": 1})
    """Name of a folder in model_code/, or the path of a model folder; empty where another key takes its place."""

    shadow: ShadowSettings | None = None
    """A variant that gets copies of requests; real-time only."""

    hosting: Hosting
    """How the endpoint is hosted."""

    container: ContainerSetting = Field(
        default_factory=lambda data: CatalogueContainer(
            name=default_container(data["hosting"].instance_for_container)
        )
    )
    """A name of the catalogue, an image or a Dockerfile; left out: ray-serve on GPU instances, else slim."""

    execution_role_arn: (
        Annotated[str, AfterValidator(_role_arn), Field(json_schema_extra={"pattern": f"^{_ROLE_ARN}$"})] | None
    ) = None
    """A role of your own for the model, instead of the least-privilege one that Slipway makes."""

    log_retention_in_days: LogRetention = 30
    """How long the container's logs are kept."""

    artifact: Artifact = "compressed"
    """How the packed model lies in S3: `compressed`, or `uncompressed` for big models."""

    data_capture: DataCapture | None = None
    """Requests and answers that are kept; left out: none."""

    network: Network = Network()
    """The VPC, and network isolation; left out: SageMaker's own network."""

    encryption: EndpointEncryption = EndpointEncryption()
    """KMS keys of the endpoint."""

    additional_statements: list[AdditionalStatement] = Field(default=[])
    """What else the execution role may do, for the model's own code."""

    observability: Observability = Observability()
    """The dashboard, and who hears of alarms."""

    rollout: Rollout | None = None
    """How an update reaches the requests; left out: see `effective_rollout`."""

    @cached_property
    def production_variants(self) -> tuple[Variant, ...]:
        """What answers the endpoint's requests."""
        if self.variants:
            given = self._given_container
            return tuple(variant_of(one, name, self.hosting, given) for name, one in self.variants.items())
        return (Variant(VARIANT_NAME, self.model, self.model_data, self.container, self.hosting),)

    @cached_property
    def all_variants(self) -> tuple[Variant, ...]:
        """The production variants, then the shadow variant."""
        if self.shadow is None:
            return self.production_variants
        return (
            *self.production_variants,
            variant_of(self.shadow, SHADOW_NAME, self.hosting, self._given_container),
        )

    @property
    def mode(self) -> str:
        """How it is hosted, as its name says it."""
        return endpoint_mode(
            self.hosting.type,
            {one.name: type_ for one in self.production_variants if (type_ := one.hosting.instance_for_container)},
            is_autoscaled=self.hosting.scaling is not None,
        )

    def effective_rollout(self, *, is_local: bool) -> Rollout | None:
        """Return the rollout of the settings, or what takes its place.

        Parameters
        ----------
        is_local
            Whether it is deployed into AWS on this machine.
        """
        if self.rollout is not None:
            alarms = self.rollout.alarms or (RollbackAlarms() if self.hosting.is_watched else None)
            return self.rollout.model_copy(update={"alarms": alarms and alarms.without(self.hosting.unpublished)})
        types = [one.hosting.instance_for_container or "" for one in self.production_variants]
        if not self.hosting.is_watched or not takes_guardrails(types):
            return None
        counts = [one.hosting.steady_instance_count or 1 for one in self.production_variants]
        return default_rollout(min(counts), is_local=is_local)

    @property
    def _given_container(self) -> Container | None:
        return self.container if "container" in self.model_fields_set else None
