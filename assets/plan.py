"""What a model's package will hold, before anything is exported or packed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assets.checkout import shown
from assets.container_catalogue import own_container
from assets.contents import REQUIREMENTS, SAMPLES, code_files
from assets.errors import AssetError
from assets.export import Export, plan_export
from assets.manifest import MANIFEST, ModelFile
from assets.model_folder import ModelFolder
from assets.progress import Progress
from assets.python_imports import Imports, follow_imports
from assets.ray_serve import PACKAGE, ray_members
from assets.ready_files import artifacts, describe_weights, ready_weights
from assets.samples import load_samples
from assets.source_digest import Digests, combine
from assets.source_files import SourceFile, list_files
from assets.tarball import Content

if TYPE_CHECKING:
    from assets.vendored.plan import VendoredPlan

_SERVING = "serving.json"
_WARM_UP = "warm_up.body"

DEFAULT_CONTAINER = own_container().name
"""The container that a package is made for where none is named."""

_FORMAT = 3
"""Raised when the same inputs give another tarball than before."""


@dataclass(frozen=True)
class Plan:
    """A package that can be made.

    Parameters
    ----------
    model
        The model folder.
    model_file
        The model file, as the manifest describes it.
    source
        Where its bytes come from: a ready file, or an export.
    packed
        The other files that are packed, by their names in the tarball.
    samples
        The files of samples, of which the first request is packed.
    bridge
        What makes AWS's Ray Serve container serve the tarball, by its names in it.
    watched
        All files that must not change while the package is made.
    vendored
        The dependencies in the tarball, for one container; None where they are installed at start.
    """

    model: ModelFolder
    model_file: ModelFile
    source: SourceFile | Export
    packed: Mapping[str, SourceFile]
    samples: Mapping[str, SourceFile]
    bridge: Mapping[str, bytes]
    watched: tuple[SourceFile, ...]
    vendored: VendoredPlan | None = None

    @property
    def inputs(self) -> tuple[SourceFile, ...]:
        """The files on whose bytes the package depends, but for those that the export reads."""
        weights = [self.source] if isinstance(self.source, SourceFile) else []
        return (*self.packed.values(), *self.samples.values(), *weights)

    @property
    def handler(self) -> SourceFile | None:
        """The handler, where there is one."""
        return self.packed.get(f"code/{self.model.settings.entry_point}")

    @property
    def shape(self) -> str:
        """What equal keys have in common, without a file being read: the sizes."""
        return self._combine({file.name: file.state.size for file in self.inputs})

    def key(self, digests: Mapping[str, str]) -> str:
        """Return the digest of everything that the package depends on.

        Parameters
        ----------
        digests
            The SHA-256 of each of `inputs` by the file's name.
        """
        return self._combine(digests)

    def members(self, progress: Progress) -> dict[str, Content]:
        """Gather what the tarball holds, by its name in it; what can be wrong and costs the least comes first.

        Raises
        ------
        AssetError
            A sample is wrong, or the model cannot be exported.
        """
        serving: dict[str, object] = {"entry_point": self.model.settings.entry_point}
        members: dict[str, Content] = {**self.packed, **self.bridge}
        samples = load_samples(self.model)
        if samples:
            first = samples[0]
            serving["warm_up"] = {"body": _WARM_UP, "content_type": first.content_type, "accept": first.accept}
            members[_WARM_UP] = first.body
        if self.model.settings.serving:
            serving["serving"] = self.model.settings.serving
        members[_SERVING] = (json.dumps(serving, indent=2, sort_keys=True) + "\n").encode()
        exported = self.source.file(progress) if isinstance(self.source, Export) else self.source
        members[self.model_file.file] = exported
        return members

    def _combine(self, states: Mapping[str, str | int]) -> str:
        source = self.source.key if isinstance(self.source, Export) else states[self.source.name]
        return combine(
            {
                "format": _FORMAT,
                "model": [self.model_file.file, source],
                "entry_point": self.model.settings.entry_point,
                "serving": self.model.settings.serving,
                "packed": {name: states[file.name] for name, file in self.packed.items()},
                "samples": {name: states[name] for name in self.samples},
                "vendored": self.vendored.key if self.vendored else None,
                "bridge": {name: hashlib.sha256(content).hexdigest() for name, content in self.bridge.items()},
            }
        )


def plan_package(
    model: ModelFolder, digests: Digests, progress: Progress, *, container: str = DEFAULT_CONTAINER
) -> Plan:
    """Decide what the package of `model` will hold.

    Parameters
    ----------
    model
        The model folder.
    digests
        Of files; those that an export depends on are asked for.
    progress
        Hears of the reading of files that are large and new.
    container
        The container that vendored dependencies are for.

    Raises
    ------
    AssetError
        A file that has to be there is missing, or a Python file is not valid.
    """
    settings = model.settings
    files = list_files(model.path, settings.include)
    if settings.names_entry_point and settings.entry_point not in files:
        raise AssetError(
            f"{shown(model.path / 'model.yaml')}: entry_point: there is no {settings.entry_point} in the model "
            "folder. Write the handler, or remove the key to be served by the server's defaults."
        )
    weights = ready_weights(model)
    source = weights or plan_export(model, files, digests, progress)
    model_file = describe_weights(source) if isinstance(source, SourceFile) else source.describe()
    bridge = ray_members(settings.ray_serve)
    beside = artifacts(model, taken={_SERVING, _WARM_UP, MANIFEST, model_file.file, PACKAGE, *bridge})
    extra = [*beside.values(), *([weights] if weights else [])]
    handler = follow_imports(files, settings.entry_point) if settings.entry_point in files else Imports()
    vendored = _plan_vendored(model, container) if settings.dependencies == "vendored" else None
    code = code_files(
        files,
        handler,
        elsewhere={file.name for file in extra},
        ignore=settings.ignore,
        include=settings.include,
    )
    return Plan(
        model=model,
        model_file=model_file,
        source=source,
        packed={
            **beside,
            **{f"code/{name}": files[name] for name in code if not (vendored and name == REQUIREMENTS)},
        },
        samples={name: file for name, file in files.items() if name.startswith(SAMPLES)},
        bridge=bridge,
        watched=(*files.values(), *extra),
        vendored=vendored,
    )


def _plan_vendored(model: ModelFolder, container: str) -> VendoredPlan:
    from assets.vendored.plan import plan_vendored  # noqa: PLC0415 (most models leave it to the container)

    return plan_vendored(model, container)
