"""A tarball that is in S3 already, in place of a model that is packed."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from assets.nearest import did_you_mean
from stacks.settings_common.base import SettingsModel

_S3_URI = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[A-Za-z0-9!_.'()/=+@,:-]+\.tar\.gz"
_MAX_LENGTH = 1024  # SageMaker API, S3ModelDataSource


def _s3_uri(value: str) -> str:
    # A key with * or ? would be a pattern in the role's policy.
    if re.fullmatch(_S3_URI, value) and len(value) <= _MAX_LENGTH:
        return value
    raise ValueError(
        f"{value!r} is not the place of a tarball, as in s3://bucket/models/model.tar.gz; allowed in the key: "
        "letters, digits and !_.'()/=+@,:-"
    )


def _etag(value: str) -> str:
    plain = value.strip('"')  # in which S3 itself shows it
    if re.fullmatch(r"[0-9A-Za-z-]+", plain):
        return plain
    raise ValueError(f"{value!r} is not an ETag; allowed: letters, digits and hyphens, as S3 shows it")


def _with_known_keys(value: Any) -> Any:
    if isinstance(value, Mapping):
        for key in value:
            if key not in S3ModelData.model_fields:
                allowed = ", ".join(S3ModelData.model_fields)
                hint = did_you_mean(key, S3ModelData.model_fields)
                raise ValueError(f"{key}: unknown key; allowed: {allowed}{hint}")
        if "s3_uri" not in value:
            raise ValueError("s3_uri is missing; write the tarball's place, as in s3://bucket/models/model.tar.gz")
    return value


class S3ModelData(SettingsModel):
    """A tarball in S3, which is used as it is."""

    s3_uri: Annotated[str, AfterValidator(_s3_uri), Field(json_schema_extra={"pattern": f"^{_S3_URI}$"})]
    """Where it is: `s3://bucket/key.tar.gz`."""

    etag: Annotated[str, AfterValidator(_etag)] | None = None
    """The object's ETag: another one makes a new Model, which reads the object anew."""

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self.s3_uri.removeprefix("s3://").partition("/")[0]

    @property
    def key(self) -> str:
        """The object's key."""
        return self.s3_uri.removeprefix("s3://").partition("/")[2]


OptionalS3ModelData = Annotated[S3ModelData | None, BeforeValidator(_with_known_keys)]
"""The tarball, or None where a model is packed."""
