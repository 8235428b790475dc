"""What the CDK cannot be told before synth: edits of the cloud assembly.

The files are of the AWS CDK's package cloud-assembly-schema: AssemblyManifest and AssetManifest.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from stacks.endpoint_stack import EndpointStack
from stacks.published_files import with_files


def finish_assembly(
    assembly: cdk.cx_api.CloudAssembly,
    artifact_stack: str,
    endpoints: Sequence[EndpointStack],
    progress: Callable[[str], None] | None = None,
) -> None:
    """Have the models published, and have the artifact stack deployed before any asset is published.

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
    manifest = _read(directory / "manifest.json")
    ids = _stack_ids(manifest)
    endpoint_ids = [ids[endpoint.name] for endpoint in endpoints]
    for endpoint, endpoint_id in zip(endpoints, endpoint_ids, strict=True):
        if files := {**endpoint.tarballs, **_files(endpoint, progress)}:
            path = directory / f"{endpoint_id}.assets.json"
            _write(path, with_files(_read(path), files))
    _write(directory / "manifest.json", _with_artifacts_first(manifest, ids[artifact_stack], endpoint_ids))


def _stack_ids(manifest: dict[str, Any]) -> dict[str, str]:
    """Return the ids of the artifacts that are stacks, by the stack's name."""
    return {
        artifact["properties"].get("stackName", artifact_id): artifact_id
        for artifact_id, artifact in manifest["artifacts"].items()
        if artifact["type"] == "aws:cloudformation:stack"
    }


def _files(endpoint: EndpointStack, progress: Callable[[str], None] | None) -> dict[str, Path]:
    """Return the files of the endpoint's uncompressed models by their keys."""
    if not endpoint.uncompressed:
        return {}
    from assets.unpacked import unpacked  # noqa: PLC0415 (most synths do without)

    return {
        f"{prefix}{name}": file
        for prefix, package in endpoint.uncompressed.items()
        for name, file in unpacked(package, progress).items()
    }


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
