"""Where the data of a model lie, and in which form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from local_aws.api_error import validation_error


class Form(Enum):
    """The forms of ``ModelDataUrl`` and of API_S3ModelDataSource."""

    TARBALL = "a gzipped tarball"
    OBJECT = "one object, as it is"
    PREFIX = "every object under a prefix, as it is"


_FORMS = {("S3Object", "Gzip"): Form.TARBALL, ("S3Object", "None"): Form.OBJECT, ("S3Prefix", "None"): Form.PREFIX}


@dataclass(frozen=True)
class ModelSource:
    """Where the data of a model lie.

    Parameters
    ----------
    url
        As the Model names it.
    form
        What lies there.
    """

    url: str
    form: Form = Form.TARBALL

    @property
    def location(self) -> tuple[str, str]:
        """Bucket and key of ``s3://bucket/key``; ``https`` URLs are not served on this machine.

        Raises
        ------
        ApiError
            For any other URL.
        """
        if not self.url.startswith("s3://"):
            raise validation_error(f"The local AWS reads model data from s3:// URLs only, not from {self.url}")
        bucket, _, key = self.url.removeprefix("s3://").partition("/")
        return bucket, key


def model_source(container: Mapping[str, Any]) -> ModelSource | None:
    """Return where the data of a ``ContainerDefinition`` lie, by either of its two ways to say it.

    Raises
    ------
    ApiError
        For what does not go together.
    """
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is None:
        url = container.get("ModelDataUrl")
        return ModelSource(str(url)) if url else None
    form = _FORMS.get((source["S3DataType"], source["CompressionType"]))
    if form is None:
        raise validation_error(
            f"S3DataType {source['S3DataType']} does not go with CompressionType {source['CompressionType']}."
        )
    if form is Form.PREFIX and not source["S3Uri"].endswith("/"):
        raise validation_error(f"The S3Uri of an S3Prefix ends with a slash, and {source['S3Uri']} does not.")
    for member in ("HubAccessConfig", "ManifestS3Uri"):
        if member in source:
            raise validation_error(f"The local AWS does not implement {member} of a ModelDataSource")
    return ModelSource(str(source["S3Uri"]), form)
