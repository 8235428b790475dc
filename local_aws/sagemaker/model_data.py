"""The tarball of a model: whether it can be read, and how it gets into the container's model directory."""

from __future__ import annotations

import gzip
import json
import tarfile
import zlib
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.api_error import validation_error
from local_aws.self_client import SelfClients

_CHUNK = 1024 * 1024
_SERVICE = "sagemaker.amazonaws.com"


class ModelDataError(Exception):
    """The tarball cannot be fetched or unpacked."""


class ModelData:
    """Reads tarballs from the local S3.

    Parameters
    ----------
    clients
        Clients of the local AWS.
    """

    def __init__(self, clients: SelfClients) -> None:
        self._clients = clients

    def check_access(self, url: str, role_arn: str) -> None:
        """Refuse a model whose tarball is not there, or that its role may not read, as CreateModel does.

        Raises
        ------
        ApiError
            In the wording of SageMaker.
        """
        bucket, key = _location(url)
        try:
            self._clients.client("s3").head_object(Bucket=bucket, Key=key)
            allowed = self._may_read(role_arn, f"arn:aws:s3:::{bucket}/{key}")
        except (BotoCoreError, ClientError):
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
            When it is gone, broken, or holds a member that would land outside of the folder.
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
            raise ModelDataError(
                f"Failed to extract model data archive from URL {url}. Please ensure that the object located at"
                f" the URL is a valid tar.gz archive: {error}"
            ) from error
        finally:
            tarball.unlink(missing_ok=True)


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
