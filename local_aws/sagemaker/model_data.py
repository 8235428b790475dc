"""The tarball of a model: whether it can be read, and how it gets into the container's model directory."""

from __future__ import annotations

import errno
import gzip
import json
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.api_error import validation_error
from local_aws.self_client import Clients
from local_aws.service_roles import RoleNotAssumableError, ServiceRoles

_CHUNK = 1024 * 1024
_SERVICE = "sagemaker.amazonaws.com"
_DISK_FULL = {errno.EDQUOT, errno.EFBIG, errno.ENOSPC}


class ModelDataError(Exception):
    """The tarball cannot be fetched or unpacked."""


class ModelData:
    """Reads tarballs from the local S3.

    Parameters
    ----------
    clients
        Clients of the local AWS.
    roles
        What takes on execution roles in strict mode; otherwise IAM is asked what they allow.
    """

    def __init__(self, clients: Clients, roles: ServiceRoles | None = None) -> None:
        self._clients = clients
        self._roles = roles

    def check_access(self, url: str, role_arn: str) -> None:
        """Refuse a model whose tarball is not there, or that its role may not read, as CreateModel does.

        Raises
        ------
        ApiError
            In the wording of SageMaker.
        """
        bucket, key = _location(url)
        try:
            reader = self._roles.of(role_arn) if self._roles else self._clients
            reader.client("s3").head_object(Bucket=bucket, Key=key)
            allowed = bool(self._roles) or self._may_read(role_arn, f"arn:aws:s3:::{bucket}/{key}")
        except (BotoCoreError, ClientError, RoleNotAssumableError):
            allowed = False
        if not allowed:
            raise validation_error(
                f'Could not access model data at {url}. Please ensure that the role "{role_arn}" exists and that'
                ' its trust relationship policy allows the action "sts:AssumeRole" for the service principal'
                ' "sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that'
                f" the object is located in {self._clients.client('s3').meta.region_name}."
            )

    def _may_read(self, role_arn: str, object_arn: str) -> bool:
        """Whether SageMaker may act as the role, and the role's policies let it read the object."""
        iam = self._clients.client("iam")
        role = iam.get_role(RoleName=role_arn.rpartition("/")[2])["Role"]
        trusted = json.dumps(role["AssumeRolePolicyDocument"])
        if _SERVICE not in trusted:
            return False
        answer = iam.simulate_principal_policy(
            PolicySourceArn=role["Arn"], ActionNames=["s3:GetObject"], ResourceArns=[object_arn]
        )
        return all(result["EvalDecision"] == "allowed" for result in answer["EvaluationResults"])

    def unpack(self, url: str, model_dir: Path) -> None:
        """Fetch the tarball and unpack it into ``model_dir``.

        Raises
        ------
        ModelDataError
            When it is gone, broken, or holds a member that would land outside of the folder, or when the disk
            does not take it.
        """
        bucket, key = _location(url)
        tarball = model_dir.parent / "model.tar.gz"
        model_dir.mkdir(parents=True)
        try:
            self._clients.client("s3").download_file(bucket, key, str(tarball))
            with gzip.open(tarball) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
                archive.extractall(model_dir, filter="data")
                # The checksum stands at the end of the file, behind the end of the archive.
                while stream.read(_CHUNK):
                    pass
        except (BotoCoreError, ClientError) as error:
            raise ModelDataError(f"Failed to download model data from {url}: {error}") from error
        except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
            raise ModelDataError(_why_not_unpacked(url, model_dir, error)) from error
        finally:
            tarball.unlink(missing_ok=True)


def _why_not_unpacked(url: str, model_dir: Path, error: Exception) -> str:
    """Return AWS's sentence for a broken archive, and another one where this machine's disk is at fault."""
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        return (
            f"The local AWS found no room for model data from {url} in {model_dir.parent}: {error.strerror}."
            " Make room on that disk and deploy again."
        )
    return (
        f"Failed to extract model data archive from URL {url}. Please ensure that the object located at the URL is"
        f" a valid tar.gz archive: {error}"
    )


def model_data_url(container: Mapping[str, Any]) -> str | None:
    """Return where the tarball of a ``ContainerDefinition`` lies, by either of its two ways to say it.

    Raises
    ------
    ApiError
        For files that are no gzipped tarball.
    """
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is None:
        return container.get("ModelDataUrl")
    if (source["S3DataType"], source["CompressionType"]) != ("S3Object", "Gzip"):
        raise validation_error(
            "The local AWS does not implement ModelDataSource but for an S3Object with CompressionType Gzip"
        )
    return str(source["S3Uri"])


def _location(url: str) -> tuple[str, str]:
    """Return bucket and key of ``s3://bucket/key``; ``https`` URLs are not served on this machine.

    Raises
    ------
    ApiError
        For any other URL.
    """
    if not url.startswith("s3://"):
        raise validation_error(f"The local AWS reads model data from s3:// URLs only, not from {url}")
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key
