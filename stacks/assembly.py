"""What the CDK cannot be told before synth: edits of the cloud assembly.

The files are of the AWS CDK's package cloud-assembly-schema: AssemblyManifest and AssetManifest.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from stacks.endpoint_stack import EndpointStack
from stacks.uncompressed import with_files


def finish_assembly(
    assembly: cdk.cx_api.CloudAssembly,
    artifact_stack: str,
    endpoints: Sequence[EndpointStack],
    progress: Callable[[str], None] | None = None,
) -> None:
    """Give the models their keys, and have the artifact stack deployed before any asset is published.

    Parameters
    ----------
    assembly
        As synthesized.
    artifact_stack
        Name of the artifact stack.
    endpoints
        The stacks that publish into it.
    progress
        Hears of the unpacking of uncompressed models.

    Raises
    ------
    AssetError
        A package cannot be unpacked.
    """
    directory = Path(assembly.directory)
    for endpoint in endpoints:
        path = directory / f"{endpoint.artifact_id}.assets.json"
        if endpoint.tarballs:
            _write(path, _with_tarball_keys(_read(path), endpoint))
        if endpoint.uncompressed:
            _write(path, with_files(_read(path), _files(endpoint, progress)))
    artifact_id = assembly.get_stack_by_name(artifact_stack).id
    path = directory / "manifest.json"
    _write(path, _with_artifacts_first(_read(path), artifact_id, [endpoint.artifact_id for endpoint in endpoints]))


def _files(endpoint: EndpointStack, progress: Callable[[str], None] | None) -> dict[str, Path]:
    """Return the files of the endpoint's uncompressed models by their keys."""
    from assets.unpacked import unpacked  # noqa: PLC0415 (most synths do without)

    return {
        f"{prefix}{name}": file
        for prefix, package in endpoint.uncompressed.items()
        for name, file in unpacked(package, progress).items()
    }


def _with_tarball_keys(assets: dict[str, Any], endpoint: EndpointStack) -> dict[str, Any]:
    """Name each tarball `<digest>.tar.gz`: the CDK hashes the digest again, and keeps only the last suffix."""
    for tarball, key in endpoint.tarballs.items():
        found = [file for file in assets["files"].values() if file["source"].get("path") == str(tarball)]
        if len(found) != 1:
            raise RuntimeError(f"the assets of {endpoint.stack_name} name {tarball} {len(found)} times")
        for destination in found[0]["destinations"].values():
            destination["objectKey"] = key
    return assets


def _with_artifacts_first(
    manifest: dict[str, Any], artifact_id: str, endpoint_ids: Sequence[str]
) -> dict[str, Any]:
    """Make the assets wait for bucket and repository, which a stack's own dependencies do not.

    The CDK CLI builds an image as early as its dependencies let it, and looks the repository up before.
    """
    for endpoint_id in endpoint_ids:
        assets = manifest["artifacts"][f"{endpoint_id}.assets"]
        assets["dependencies"] = [*assets.get("dependencies", []), artifact_id]
    return manifest


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
