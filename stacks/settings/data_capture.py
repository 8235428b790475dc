"""`data_capture`: requests and answers that SageMaker writes to S3."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from assets.mistakes import Mistake
from stacks.hosting import excludes, hosting_ways
from stacks.settings.key_prefixes import capture_prefix
from stacks.settings_common.base import SettingsModel
from stacks.settings_common.prefixes import checked_prefix


def _prefix(value: str) -> str:
    taken = {part: what for way in hosting_ways().values() for part, what in way.taken_prefixes.items()}
    return checked_prefix(value, example="captures/fraud", taken=taken)


def _something(value: bool, info: ValidationInfo) -> bool:
    if not value and info.data.get("input") is False:
        raise ValueError("input and output are both false, so nothing is captured; remove data_capture instead")
    return value


class DataCapture(SettingsModel):
    """What is captured, and how long it stays (SageMaker API, DataCaptureConfig)."""

    initial_sampling_percentage: int = Field(default=100, ge=0, le=100)
    """The share of the requests that is captured, in percent."""

    input: bool = True
    """Whether requests are captured."""

    output: Annotated[bool, AfterValidator(_something)] = True
    """Whether answers are captured."""

    prefix: Annotated[str, AfterValidator(_prefix)] | None = None
    """Where in the artifact bucket; left out: `captures/<endpoint>`."""

    expiration_in_days: int = Field(default=30, ge=1, le=36500)
    """After how many days a capture is deleted."""

    def key_prefix(self, endpoint: str) -> str:
        """Return the prefix of the captures' keys, which ends with a slash."""
        return f"{self.prefix or capture_prefix(endpoint)}/"


def data_capture_mistakes(key: str, settings: Mapping[object, object], hosting_type: str) -> Iterator[Mistake]:
    """Yield what an endpoint's other settings make impossible; parameters as of `artifact_mistakes`.

    Notes
    -----
    Source: Amazon SageMaker AI Developer Guide, "Deploy models with Amazon SageMaker Serverless Inference",
    *Feature exclusions*.
    """
    if settings.get("data_capture") is not None and excludes(hosting_type, "data_capture"):
        problem = "endpoints capture no data; leave the key out, or use instances"
        yield Mistake(f"{key}.data_capture", f"{hosting_type} {problem}")
