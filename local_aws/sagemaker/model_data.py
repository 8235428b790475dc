"""The data of a model: whether they can be read, and how they get into the container's model directory."""

from __future__ import annotations

import errno
import gzip
import json
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.api_error import validation_error
from local_aws.sagemaker.model_source import Form, ModelSource
from local_aws.self_client import Clients
from local_aws.service_roles import RoleNotAssumableError, ServiceRoles

_CHUNK = 1024 * 1024
_SERVICE = "sagemaker.amazonaws.com"
_DISK_FULL = {errno.EDQUOT, errno.EFBIG, errno.ENOSPC}


class ModelDataError(Exception):
    """The tarball cannot be fetched or unpacked."""


class ModelData:
    """Reads model data from the local S3.

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

    def check_access(self, source: ModelSource, role_arn: str) -> None:
        """Refuse a model whose data are not there, or that its role may not read, as CreateModel does.

        Raises
        ------
        ApiError
            In the wording of SageMaker.
        """
        bucket, key = source.location
        try:
            reader = self._roles.of(role_arn) if self._roles else self._clients
            found = _is_there(reader.client("s3"), bucket, key, source.form)
            allowed = found and (bool(self._roles) or self._may_read(role_arn, bucket, key, source.form))
        except (BotoCoreError, ClientError, RoleNotAssumableError):
            allowed = False
        if not allowed:
            listing = ' and "s3:ListBucket"' if source.form is Form.PREFIX else ""
            raise validation_error(
                f'Could not access model data at {source.url}. Please ensure that the role "{role_arn}" exists and'
                ' that its trust relationship policy allows the action "sts:AssumeRole" for the service principal'
                f' "sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject"{listing} permissions'
                f" and that the object is located in {self._clients.client('s3').meta.region_name}."
            )

    def _may_read(self, role_arn: str, bucket: str, key: str, form: Form) -> bool:
        """Whether SageMaker may act as the role, and the role's policies let it read the data."""
        iam = self._clients.client("iam")
        role = iam.get_role(RoleName=role_arn.rpartition("/")[2])["Role"]
        trusted = json.dumps(role["AssumeRolePolicyDocument"])
        if _SERVICE not in trusted:
            return False
        asked = {"s3:GetObject": f"arn:aws:s3:::{bucket}/{key}"}
        if form is Form.PREFIX:
            asked = {"s3:GetObject": f"arn:aws:s3:::{bucket}/{key}*"}
            if not _allowed(iam, role["Arn"], "s3:ListBucket", f"arn:aws:s3:::{bucket}", key):
                return False
        return all(_allowed(iam, role["Arn"], action, resource) for action, resource in asked.items())

    def fetch(self, source: ModelSource, model_dir: Path) -> None:
        """Bring the data into ``model_dir``, in the form that the container finds on AWS.

        Raises
        ------
        ModelDataError
            When they are gone, broken, or hold a member that would land outside of the folder, or when the disk
            does not take them.
        """
        model_dir.mkdir(parents=True)
        try:
            if source.form is Form.TARBALL:
                self._unpack(source, model_dir)
            else:
                self._copy(source, model_dir)
        except (BotoCoreError, ClientError) as error:
            raise ModelDataError(f"Failed to download model data from {source.url}: {error}") from error
        # A ValueError is that of a name with a null byte in it.
        except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
            raise ModelDataError(_why_not_unpacked(source.url, model_dir, error)) from error

    def _unpack(self, source: ModelSource, model_dir: Path) -> None:
        bucket, key = source.location
        tarball = model_dir.parent / "model.tar.gz"
        try:
            self._clients.client("s3").download_file(bucket, key, str(tarball))
            with gzip.open(tarball) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
                archive.extractall(model_dir, filter="data")
                # The checksum stands at the end of the file, behind the end of the archive.
                while stream.read(_CHUNK):
                    pass
        finally:
            tarball.unlink(missing_ok=True)

    def _copy(self, source: ModelSource, model_dir: Path) -> None:
        """Copy objects under the rest of their keys, one alone under the last part (API_S3ModelDataSource)."""
        bucket, key = source.location
        s3 = self._clients.client("s3")
        if source.form is Form.OBJECT:
            s3.download_file(bucket, key, str(model_dir / PurePosixPath(key).name))
            return
        found = False
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
            for item in page.get("Contents", []):
                found = True
                rest = item["Key"].removeprefix(key)
                if not rest or rest.endswith("/"):  # what stands for a folder
                    continue
                if rest.startswith("/") or ".." in PurePosixPath(rest).parts:
                    raise ModelDataError(
                        f"The object s3://{bucket}/{item['Key']} would land outside of the model."
                    )
                target = model_dir / rest
                target.parent.mkdir(parents=True, exist_ok=True)
                s3.download_file(bucket, item["Key"], str(target))
        if not found:
            raise ModelDataError(f"Failed to download model data from {source.url}: there is no object under it.")


def _is_there(s3: Any, bucket: str, key: str, form: Form) -> bool:
    if form is Form.PREFIX:
        return bool(s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents"))
    s3.head_object(Bucket=bucket, Key=key)
    return True


def _allowed(iam: Any, role_arn: str, action: str, resource: str, prefix: str | None = None) -> bool:
    """Ask IAM for a permission, for listing with the prefix that a condition may name."""
    context = (
        [{"ContextKeyName": "s3:prefix", "ContextKeyValues": [prefix], "ContextKeyType": "string"}]
        if prefix is not None
        else []
    )
    answer = iam.simulate_principal_policy(
        PolicySourceArn=role_arn,
        ActionNames=[action],
        ResourceArns=[resource],
        **({"ContextEntries": context} if context else {}),
    )
    return all(result["EvalDecision"] == "allowed" for result in answer["EvaluationResults"])


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
