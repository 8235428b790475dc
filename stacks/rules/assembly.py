"""The templates of a cloud assembly, with what its manifest says about them.

The files are of the AWS CDK's package cloud-assembly-schema: AssemblyManifest and its stack artifacts.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from stacks.rules.template import Template

_NO_PLACE = ("unknown-account", "unknown-region", "")


class StackFiles(NamedTuple):
    """What the manifest says about a stack.

    Parameters
    ----------
    template
        Path of its template.
    region, account
        None where the stack may be deployed anywhere.
    metadata
        Path of the file with the metadata of its constructs; None without one.
    assets
        Path of the file that lists its assets; None without one.
    """

    template: Path
    region: str | None
    account: str | None
    metadata: Path | None
    assets: Path | None


def stack_files(templates: Sequence[Path]) -> list[StackFiles]:
    """Look templates up in the manifests beside them."""
    manifest = cache(_manifest)
    return [manifest(path.parent).get(path.name, StackFiles(path, None, None, None, None)) for path in templates]


def read_templates(stacks: Sequence[StackFiles]) -> list[Template]:
    """Read templates, and those of the stacks nested in them."""
    return [template for stack in stacks for template in _with_nested(stack)]


def read_deployed(folder: Path, stacks: Sequence[StackFiles]) -> list[Template]:
    """Read the templates of a folder that have the names of an assembly's; others do not matter."""
    paths = [stack._replace(template=folder / stack.template.name, assets=None) for stack in stacks]
    return read_templates([stack for stack in paths if stack.template.is_file()])


def _with_nested(stack: StackFiles) -> Iterator[Template]:
    document = _read(stack.template)
    yield Template(str(stack.template), document, region=stack.region, account=stack.account)
    resources = document.get("Resources")
    members = resources.values() if isinstance(resources, Mapping) else ()
    types = {each.get("Type") for each in members if isinstance(each, Mapping)}
    if "AWS::CloudFormation::Stack" in types and stack.assets and stack.assets.is_file():
        # The template of a nested stack, whatever its depth, is an asset of the outermost one.
        for asset in _read(stack.assets).get("files", {}).values():
            path = str(asset.get("source", {}).get("path", ""))
            nested = stack.template.parent / path
            if path.endswith(".nested.template.json") and nested.is_file():
                yield Template(str(nested), _read(nested), region=stack.region, account=stack.account)


def _manifest(folder: Path) -> Mapping[str, StackFiles]:
    path = folder / "manifest.json"
    artifacts = _read(path).get("artifacts", {}) if path.is_file() else {}
    stacks = {}
    for artifact_id, artifact in artifacts.items():
        properties = artifact.get("properties") or {}
        if artifact.get("type") == "aws:cloudformation:stack" and "templateFile" in properties:
            account, _, region = str(artifact.get("environment", "")).removeprefix("aws://").partition("/")
            metadata = artifact.get("additionalMetadataFile")
            assets = artifacts.get(f"{artifact_id}.assets", {}).get("properties", {}).get("file")
            stacks[properties["templateFile"]] = StackFiles(
                template=folder / properties["templateFile"],
                region=None if region in _NO_PLACE else region,
                account=None if account in _NO_PLACE else account,
                metadata=folder / metadata if metadata else None,
                assets=folder / assets if assets else None,
            )
    return stacks


def _read(path: Path) -> dict[str, Any]:
    document = json.loads(path.read_bytes())
    return document if isinstance(document, dict) else {}
