"""A cloud assembly as a review reads it: stacks, and the packages that they deploy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_STACK_TYPE = "aws:cloudformation:stack"

Template = Mapping[str, Any]


@dataclass(frozen=True)
class Stack:
    """A stack of an assembly.

    Parameters
    ----------
    name
        As CloudFormation knows it.
    path
        Of its template.
    template
        Its content.
    protected
        Whether the stack is protected against deletion.
    objects
        The files that are published with it, by their keys in their bucket.
    dependencies
        Names of the stacks that are deployed before.
    place
        Account and region, as the CDK says them: `aws://111111111111/us-east-1`.
    """

    name: str
    path: Path
    template: Template
    protected: bool = False
    objects: Mapping[str, Path] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    place: str = ""

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """Its resources by logical id."""
        return {key: one for key, one in self._section.items() if _is_resource(one)}

    @property
    def unread(self) -> Mapping[str, Any]:
        """What stands among the resources and is none yet, as a loop or a macro that is to make some."""
        return {key: one for key, one in self._section.items() if not _is_resource(one)}

    @property
    def _section(self) -> Mapping[str, Any]:
        section = self.template.get("Resources", {})
        return section if isinstance(section, Mapping) else {"Resources": section}


@dataclass(frozen=True)
class Assembly:
    """The stacks of one environment.

    Parameters
    ----------
    stacks
        By their names.
    folder
        Where it lies; None for an assembly without stacks, which stands for an environment that is not there.
    """

    stacks: Mapping[str, Stack]
    folder: Path | None = None


NOTHING = Assembly({})
"""Of an environment that is not there."""


def read_assembly(folder: Path) -> Assembly:
    """Read a cloud assembly.

    Source: the AWS CDK's package cloud-assembly-schema, AssemblyManifest and AssetManifest.
    """
    artifacts = _read(folder / "manifest.json")["artifacts"]
    stacks = {key: one for key, one in artifacts.items() if one["type"] == _STACK_TYPE}
    names = {key: _name(key, one) for key, one in stacks.items()}
    read = [_stack(folder, key, artifacts, names) for key in stacks]
    return Assembly({stack.name: stack for stack in read}, folder)


def _is_resource(value: Any) -> bool:
    if not isinstance(value, Mapping) or not isinstance(value.get("Type"), str):
        return False
    return isinstance(value.get("Properties", {}), Mapping)


def _name(artifact_id: str, artifact: Mapping[str, Any]) -> str:
    return str(artifact["properties"].get("stackName") or artifact_id)


def _stack(
    folder: Path, artifact_id: str, artifacts: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]
) -> Stack:
    artifact = artifacts[artifact_id]
    properties = artifact["properties"]
    path = folder / properties["templateFile"]
    assets = artifacts.get(f"{artifact_id}.assets", {}).get("properties", {}).get("file")
    return Stack(
        name=names[artifact_id],
        path=path,
        template=_read(path),
        protected=bool(properties.get("terminationProtection")),
        objects=_objects(folder, _read(folder / assets)) if assets else {},
        dependencies=tuple(names[each] for each in artifact.get("dependencies", []) if each in names),
        place=str(artifact.get("environment", "")),
    )


def _objects(folder: Path, assets: Mapping[str, Any]) -> dict[str, Path]:
    return {
        destination["objectKey"]: folder / file["source"]["path"]
        for file in assets.get("files", {}).values()
        if "path" in file["source"]
        for destination in file["destinations"].values()
    }


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_bytes())
    return content
