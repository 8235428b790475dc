"""What is so of a way to host: the rest of the stacks asks for this, and not for `type`."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, get_args

from assets.mistakes import Mistake
from stacks.explained_statement import Explained
from stacks.hosting.autoscaling import Autoscaling
from stacks.hosting.object_access import ObjectAccess
from stacks.settings_common.base import SettingsModel
from stacks.settings_common.raw import Raw

if TYPE_CHECKING:
    from stacks.hosting.hosted_endpoint import HostedEndpoint

Feature = Literal["data_capture", "model_data_source", "network", "shadow", "variants"]
"""What an endpoint may have beside its hosting: a key of its settings, several `variants`, a ModelDataSource."""


HostedClass: TypeAlias = "type[HostedEndpoint[Any]]"
"""What writes a way to host into a stack, named here because the settings' own `type` is a key."""


class HostingWay(SettingsModel):
    """The settings of one way to host, and the facts about it; what a subclass leaves out is as it is here.

    A subclass has a key `type` besides, whose one value tells it apart, and `autoscaling` where it has that.
    """

    has_instances: ClassVar[bool] = True
    """Whether SageMaker keeps instances for it, with disks, and updates them by deployment guardrails.

    Source: Amazon SageMaker AI Developer Guide, "Deployment guardrails for updating models in production".
    """

    has_queue: ClassVar[bool] = False
    """Whether requests wait in a queue, their bodies and answers in S3."""

    is_watched: ClassVar[bool] = False
    """Whether updates are rolled out under alarms where the settings do not say how."""

    excluded: ClassVar[frozenset[Feature]] = frozenset()
    """The features that SageMaker does not have for it."""

    unpublished: ClassVar[frozenset[str]] = frozenset()
    """Those of the rollback alarms' metrics that SageMaker does not publish for it."""

    own_statements: ClassVar[Mapping[str, Explained]] = {}
    """The statements that the execution role has because of it alone, by their sids."""

    invocations: ClassVar[Mapping[str, str]] = {}
    """The actions by which callers reach it beside `sagemaker:InvokeEndpoint`, by the sids of their statements."""

    topic_keys: ClassVar[tuple[str, ...]] = ()
    """The keys of its settings that name SNS topics, or have them made."""

    taken_prefixes: ClassVar[Mapping[str, str]] = {}
    """The first parts of keys in the artifact bucket that are its own, each with what lies there."""

    @classmethod
    @abstractmethod
    def in_stack(cls) -> HostedClass:
        """Return what writes it into a stack, importing that now: settings are read without the CDK."""

    @classmethod
    def mistakes(cls, key: str, settings: Raw, region: str) -> Iterator[Mistake]:  # noqa: ARG003 (some have none)
        """Yield the mistakes in how an endpoint is hosted that no single value shows.

        Parameters
        ----------
        key
            The dotted key of the endpoint's `hosting`.
        settings
            The endpoint's settings as YAML has them.
        region
            Of the environment.
        """
        yield from ()

    @classmethod
    def default_prefixes(cls, endpoint: str) -> Mapping[str, str]:  # noqa: ARG003 (for those that have some)
        """Return where in the artifact bucket an endpoint reads and writes, by the keys that say otherwise."""
        return {}

    @classmethod
    def default_min_capacity(cls) -> int:
        """Return `autoscaling.min_capacity` where the settings leave it out."""
        field = cls.model_fields.get("autoscaling")
        kinds = get_args(field.annotation) if field else ()
        scaling = next((kind for kind in kinds if issubclass(kind, Autoscaling)), Autoscaling)
        return int(scaling.model_fields["min_capacity"].default)

    @property
    def scaling(self) -> Autoscaling | None:
        """How capacity follows the load; None where it does not."""
        found: Autoscaling | None = getattr(self, "autoscaling", None)
        return found

    @property
    def instance_for_container(self) -> str | None:
        """The instance type that the container must fit; None without instances."""
        return None

    @property
    def steady_instance_count(self) -> int | None:
        """How many instances there are at the least; None without instances."""
        return None

    @property
    def package_limits(self) -> Mapping[str, Any]:
        """What a package has to fit, by the names of `assets.inspection.target.Target`."""
        return {}

    def role_access(self, endpoint: str) -> Sequence[ObjectAccess]:  # noqa: ARG002 (for those that have some)
        """Return what the execution role does with objects of the artifact bucket.

        Parameters
        ----------
        endpoint
            The endpoint's name in the settings.
        """
        return ()

    def caller_access(self, endpoint: str) -> Sequence[ObjectAccess]:  # noqa: ARG002 (for those that have some)
        """Return what callers do with objects of the artifact bucket; parameters as of `role_access`."""
        return ()
