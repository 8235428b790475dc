"""The image builder of the local AWS: it stands where docker stands, behind CDK's ``CDK_DOCKER``.

No docker runs here, and the local AWS starts the serving software as a process, so nothing executes an image.
What counts is that an image asset takes the same way as on AWS: the CDK CLI asks for a build, tags it and pushes
it, the repository then holds a manifest under the tag that the Model names. The manifest is that of the build
context: its one layer is the digest of the context's files. Of a user's own Dockerfile it remembers what that
builds on and installs the pip packages that it adds: those are there when the serving software stands in for it.
Every call is written to ``calls.jsonl``. In strict mode an image is pushed with the rights behind the password of
the login, as on AWS.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.client_environment import IMAGES_VARIABLE
from local_aws.errors import LocalAwsError
from local_aws.registry_logins import RegistryLogins
from local_aws.sagemaker.software.dockerfile import read_dockerfile
from local_aws.sagemaker.software.image_recipes import ImageRecipes, is_own
from local_aws.sagemaker.software.with_packages import INSTALL_TIMEOUT
from serving.core.errors import StartError
from serving.installer import install

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_PLATFORM = "linux/amd64"
PACKAGES = "packages"
"""Where pip packages lie, in the folder of the local AWS, shared with code/requirements.txt."""

_NOT_FOUND = 1  # docker's exit status when it knows no such image


def main() -> None:
    """Run one command of docker's: build, inspect, images, login, tag or push."""
    arguments = sys.argv[1:]
    try:
        sys.exit(ImageBuilder(Path(os.environ[IMAGES_VARIABLE])).run(arguments))
    except KeyError:
        sys.exit("The image builder of the local AWS runs under `slipway local run` only")
    except (LocalAwsError, BotoCoreError, ClientError) as error:
        sys.exit(str(error))


class ImageBuilder:
    """Keeps images as their manifests, one file a tag.

    Parameters
    ----------
    folder
        Where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._logins = RegistryLogins(folder)
        self._recipes = ImageRecipes(folder)
        folder.mkdir(parents=True, exist_ok=True)

    def run(self, arguments: list[str]) -> int:
        """Run a command and return its exit status.

        Raises
        ------
        LocalAwsError
            When the command or one of its arguments is none that the CDK CLI uses.
        """
        with (self._folder / "calls.jsonl").open("a") as calls:
            calls.write(json.dumps({"arguments": arguments, "folder": str(Path.cwd())}) + "\n")
        match arguments:
            case ["build", *options]:
                return self._build(options)
            case ["inspect", tag]:
                return 0 if self._path(tag).exists() else _NOT_FOUND
            case ["images", *_]:
                return 0  # no image under another name
            case ["login", *_, "--password-stdin", registry]:
                self._logins.keep(registry, sys.stdin.read())
                return 0
            case ["tag", source, target]:
                self._path(target).write_text(self._manifest_of(source))
                self._recipes.copy(source, target)
                return 0
            case ["push", target]:
                return self._push(target)
        raise LocalAwsError(f"The image builder of the local AWS does not know: {' '.join(arguments)}")

    def _build(self, options: list[str]) -> int:
        named = dict(pairwise(options))
        platform = named.get("--platform")
        if platform != _PLATFORM:
            raise LocalAwsError(f"SageMaker runs images for {_PLATFORM}; the image asset asks for {platform}")
        outputs = [option for option in options if option.startswith("--output=")]
        if any("type=oci" in output or "oci-mediatypes=true" in output for output in outputs):
            raise LocalAwsError("SageMaker refuses images with OCI manifests; the image asset asks for one")
        dockerfile = Path(named.get("--file", "Dockerfile"))
        if not dockerfile.is_file():
            raise LocalAwsError(f"There is no {dockerfile} in {Path.cwd()}")
        if not is_own(dockerfile):
            recipe = read_dockerfile(dockerfile, Path.cwd(), _build_arguments(options))
            self._install(self._recipes.keep(named["--tag"], recipe))
        self._path(named["--tag"]).write_text(json.dumps(_manifest(Path.cwd(), platform)))
        return 0

    def _install(self, requirements: Path | None) -> None:
        """Install the packages that an image adds, so that its containers start without a network, as on AWS."""
        if requirements is None:
            return
        try:
            install(requirements, packages_dir=self._folder.parent / PACKAGES, timeout=INSTALL_TIMEOUT)
        except StartError as error:
            raise LocalAwsError(f"{error.details}\nOf the image's Dockerfile, {error}".lstrip()) from error

    def _push(self, target: str) -> int:
        registry, _, rest = target.partition("/")
        repository, _, tag = rest.rpartition(":")
        manifest = self._manifest_of(target)
        image = {"registryId": registry.partition(".")[0], "repositoryName": repository}
        credentials = self._logins.credentials(registry)
        ecr = boto3.client("ecr", **credentials)
        if credentials:
            _push_layers(ecr, image, json.loads(manifest))
        ecr.put_image(**image, imageTag=tag, imageManifest=manifest, imageManifestMediaType=_MANIFEST)
        return 0

    def _manifest_of(self, tag: str) -> str:
        try:
            return self._path(tag).read_text()
        except FileNotFoundError as error:
            raise LocalAwsError(f"There is no image {tag}") from error

    def _path(self, tag: str) -> Path:
        return self._recipes.manifest_path(tag)


def _build_arguments(options: list[str]) -> dict[str, str]:
    given = (value for name, value in pairwise(options) if name == "--build-arg")
    return {name: value for name, _, value in (argument.partition("=") for argument in given)}


def _push_layers(ecr: Any, image: dict[str, str], manifest: dict[str, Any]) -> None:
    """Make the calls with which docker pushes layers, so that whoever may not make them is refused.

    The layers stay here: the local AWS executes no image. The calls: Amazon ECR User Guide, "IAM permissions for
    pushing an image to an Amazon ECR private repository".
    """
    digests = [part["digest"] for part in (manifest["config"], *manifest["layers"])]
    ecr.batch_check_layer_availability(**image, layerDigests=digests)
    for digest in digests:
        upload = {**image, "uploadId": ecr.initiate_layer_upload(**image)["uploadId"]}
        ecr.upload_layer_part(**upload, partFirstByte=0, partLastByte=0, layerPartBlob=b"")
        ecr.complete_layer_upload(**upload, layerDigests=[digest])


def _manifest(context: Path, platform: str) -> dict[str, Any]:
    """Return the image manifest (Docker's, schema 2) of a build context."""
    digest = hashlib.sha256()
    size = 0
    for path in sorted(path for path in context.rglob("*") if path.is_file()):
        if "__pycache__" in path.parts:
            continue
        content = path.read_bytes()
        size += len(content)
        digest.update(f"{path.relative_to(context)}\0{len(content)}\0".encode() + content)
    system, _, architecture = platform.partition("/")
    config = json.dumps({"os": system, "architecture": architecture}).encode()
    return {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": {
            "mediaType": _CONFIG,
            "size": len(config),
            "digest": f"sha256:{hashlib.sha256(config).hexdigest()}",
        },
        "layers": [{"mediaType": _LAYER, "size": size, "digest": f"sha256:{digest.hexdigest()}"}],
    }


if __name__ == "__main__":
    main()
