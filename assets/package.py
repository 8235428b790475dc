"""A model folder → the `model.tar.gz` that SageMaker hosts, made when something in it changed."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from assets import checkout
from assets.checkout import shown
from assets.contents import SAMPLES, code_files
from assets.errors import AssetError
from assets.export import Export, plan_export
from assets.model_folder import ModelFolder
from assets.python_imports import Imports, follow_imports
from assets.records import Records
from assets.samples import load_samples
from assets.source_digest import combine, digest_files
from assets.source_files import SourceFile, check_unchanged, list_files
from assets.tarball import write_tarball

TARBALL = "model.tar.gz"
"""File name of a package, with the suffix that SageMaker wants (`ContainerDefinition.ModelDataUrl`)."""

_SERVING = "serving.json"
_WARM_UP = "warm_up.body"

_FORMAT = 1
"""Raised when the same inputs give another tarball than before."""

_KEEP = 3
"""Packages that stay for each model, the ones that were used last: going back to another branch costs nothing."""


@dataclass(frozen=True)
class Package:
    """A packed model.

    Parameters
    ----------
    model
        Name of the model folder.
    path
        The tarball, `model.tar.gz`.
    size
        Of the tarball, in bytes.
    digest
        SHA-256 of the uncompressed tar stream, hexadecimal: it depends on the names and bytes inside alone.
    entry_point
        File name of the handler under `code/`.
    """

    model: str
    path: Path
    size: int
    digest: str
    entry_point: str


def package(
    model: ModelFolder, *, output_dir: Path | None = None, progress: Callable[[str], None] | None = None
) -> Package:
    """Package `model`, or find the package that was made of the same files.

    The tarball holds `model.pt`, `serving.json` and the first sample as `warm_up.body` at the top, and the
    handler with what it needs under `code/`: the layout of SageMaker's PyTorch containers ("Use PyTorch with
    the SageMaker Python SDK", *Create the directory structure for your model files*). A package that is there
    already is not read.

    Parameters
    ----------
    model
        The model folder.
    output_dir
        A folder that gets a copy, `model.tar.gz`, as well.
    progress
        Called with one line of text before each step that takes time.

    Raises
    ------
    AssetError
        The folder cannot become a package; nothing is left half-written.
    """
    try:
        packed = _package(model, progress or (lambda _: None))
        if output_dir is not None:
            _copy(packed.path, output_dir / TARBALL)
    except OSError as error:
        where = f"{shown(Path(os.fsdecode(error.filename)))}: " if error.filename else ""
        raise AssetError(f"{where}{error.strerror or error}. The model {model.name} was not packaged.") from error
    return packed


def _package(model: ModelFolder, progress: Callable[[str], None]) -> Package:
    files = list_files(model.path)
    entry_point = model.settings.entry_point
    if model.settings.names_entry_point and entry_point not in files:
        raise AssetError(
            f"{shown(model.path / 'model.yaml')}: entry_point: there is no {entry_point} in the model folder. "
            "Write the handler, or remove the key to be served by the server's defaults."
        )
    digests = digest_files(files.values(), memory_name=model.state_name)
    export = plan_export(model, files, digests)
    handler = follow_imports(files, entry_point) if entry_point in files else Imports()
    code = code_files(files, handler)
    key = combine(
        {
            "format": _FORMAT,
            "export": export.key,
            "entry_point": entry_point,
            "code": {name: digests[name] for name in code},
            "samples": {name: digests[name] for name in files if name.startswith(SAMPLES)},
        }
    )
    records = Records(
        folder=checkout.STATE / "packages" / model.state_name,
        file_name=TARBALL,
        facts_name="package.json",
        keep=_KEEP,
    )

    def make(folder: Path) -> dict[str, str]:
        members = _members(model, export, {f"code/{name}": files[name] for name in code}, progress)
        progress(f"packing {model.name}")
        digest = write_tarball(folder / TARBALL, members)
        check_unchanged(files.values())
        return {"digest": digest}

    waiting = f"waiting for another packaging of {model.name} to end"
    facts = records.find_or_make(key, make, lambda: progress(waiting))
    return Package(
        model=model.name,
        path=records.path(key),
        size=facts["size"],
        digest=facts["digest"],
        entry_point=entry_point,
    )


def _members(
    model: ModelFolder, export: Export, code: Mapping[str, SourceFile], progress: Callable[[str], None]
) -> dict[str, SourceFile | bytes]:
    """Gather what the tarball holds, by its name in it; the samples are read first, since they cost the least."""
    serving: dict[str, object] = {"entry_point": model.settings.entry_point}
    members: dict[str, SourceFile | bytes] = dict(code)
    samples = load_samples(model)
    if samples:
        first = samples[0]
        serving["warm_up"] = {"body": _WARM_UP, "content_type": first.content_type, "accept": first.accept}
        members[_WARM_UP] = first.body
    members[_SERVING] = (json.dumps(serving, indent=2, sort_keys=True) + "\n").encode()
    members["model.pt"] = export.model_pt(progress)
    return members


def _copy(tarball: Path, destination: Path) -> None:
    # A copy, not a link: whoever changes it in place must not change the package that is kept.
    destination.parent.mkdir(parents=True, exist_ok=True)
    beside = destination.with_name(f".{destination.name}.{os.getpid()}.tmp")
    try:
        shutil.copyfile(tarball, beside)
        beside.replace(destination)
    finally:
        beside.unlink(missing_ok=True)
