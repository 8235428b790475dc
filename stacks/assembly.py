"""What the CDK cannot be told before synth: two edits of the cloud assembly.

The files are of the AWS CDK's package cloud-assembly-schema: AssemblyManifest and AssetManifest.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from stacks.endpoint_stack import EndpointStack


def finish_assembly(
    assembly: cdk.cx_api.CloudAssembly, artifact_stack: str, endpoints: Sequence[EndpointStack]
) -> None:
    """Give the tarballs their keys, and have the artifact stack deployed before any asset is published.

    Parameters
    ----------
    assembly
        As synthesized.
    artifact_stack
        Name of the artifact stack.
    endpoints
        The stacks that publish into it.
    """
    directory = Path(assembly.directory)
    for endpoint in endpoints:
        if endpoint.packs_model:
            path = directory / f"{endpoint.artifact_id}.assets.json"
            _write(path, _with_tarball_key(_read(path), endpoint))
    artifact_id = assembly.get_stack_by_name(artifact_stack).id
    path = directory / "manifest.json"
    _write(path, _with_artifacts_first(_read(path), artifact_id, [endpoint.artifact_id for endpoint in endpoints]))


def _with_tarball_key(assets: dict[str, Any], endpoint: EndpointStack) -> dict[str, Any]:
    """Name the tarball `<digest>.tar.gz`: the CDK hashes the digest again, and keeps only the last suffix."""
    tarballs = [
        file for file in assets["files"].values() if file["source"].get("path") == str(endpoint.package.path)
    ]
    if len(tarballs) != 1:
        raise RuntimeError(
            f"the assets of {endpoint.stack_name} name {endpoint.package.path} {len(tarballs)} times"
        )
    for destination in tarballs[0]["destinations"].values():
        destination["objectKey"] = endpoint.tarball_key
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
