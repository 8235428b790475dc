"""`data_capture`: requests and answers that SageMaker writes to S3."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from assets.mistakes import Mistake
from stacks.settings.base import SettingsModel

# A * or ? would be a pattern in the role's policy, and the bucket's lifecycle rule knows none.
_PREFIX = r"[A-Za-z0-9][A-Za-z0-9!_.'()/=+@,:-]*"
_MAX_PREFIX = 350
"""Of the 512 characters of a DestinationS3Uri, the bucket's name and the endpoint's take some."""

_TAKEN = {"models": "the published models", "async": "what asynchronous endpoints read and write"}


def _prefix(value: str) -> str:
    plain = value.strip("/")
    if not re.fullmatch(_PREFIX, plain) or len(plain) > _MAX_PREFIX or "//" in plain:
        raise ValueError(
            f"{value!r} is not a prefix of S3 keys; allowed: letters, digits and !_.'()/=+@,:-, up to "
            f"{_MAX_PREFIX} characters, as in captures/fraud"
        )
    if others := _TAKEN.get(plain.partition("/")[0]):
        raise ValueError(f"{value!r} lies among {others}; choose another one, as in captures/fraud")
    return plain


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
        return f"{self.prefix or f'captures/{endpoint}'}/"


def data_capture_mistakes(key: str, settings: Mapping[object, object], hosting_type: str) -> Iterator[Mistake]:
    """Yield what an endpoint's other settings make impossible; parameters as of `artifact_mistakes`.

    Notes
    -----
    Source: Amazon SageMaker AI Developer Guide, "Deploy models with Amazon SageMaker Serverless Inference",
    *Feature exclusions*.
    """
    if settings.get("data_capture") is not None and hosting_type == "serverless":
        yield Mistake(
            f"{key}.data_capture", "serverless endpoints capture no data; leave the key out, or use instances"
        )


def shared_prefix_mistakes(endpoints: Mapping[str, Mapping[object, object]]) -> Iterator[Mistake]:
    """Yield the prefixes that lie inside another endpoint's: one role would write, one rule delete, for both.

    Parameters
    ----------
    endpoints
        The endpoints' settings as YAML has them, by name.
    """
    seen: dict[str, str] = {}
    for endpoint, settings in endpoints.items():
        capture = settings.get("data_capture")
        if not isinstance(capture, Mapping):
            continue
        given = capture.get("prefix")
        prefix = (given.strip("/") if isinstance(given, str) else f"captures/{endpoint}") + "/"
        for other, theirs in seen.items():
            if prefix.startswith(theirs) or theirs.startswith(prefix):
                yield Mistake(
                    f"endpoints.{endpoint}.data_capture.prefix",
                    f"{prefix} and {theirs} of the endpoint {other} lie in one another; choose separate prefixes",
                )
        seen[endpoint] = prefix
