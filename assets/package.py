"""A model folder → the `model.tar.gz` that SageMaker hosts, made when something in it changed."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assets import checkout
from assets.checkout import shown
from assets.errors import AssetError
from assets.manifest import MANIFEST, manifest
from assets.model_folder import ModelFolder
from assets.plan import DEFAULT_CONTAINER, Plan, plan_package
from assets.progress import Progress, as_progress
from assets.records import AN_HOUR, Facts, Records
from assets.source_digest import Digests
from assets.source_files import SourceFile, check_unchanged
from assets.tarball import Content, Tarball

TARBALL = "model.tar.gz"
"""File name of a package, with the suffix that SageMaker wants (`ContainerDefinition.ModelDataUrl`)."""

_CHUNK = 2 * 1024 * 1024

_KEEP = 3
"""Packages that stay for each model, the ones that were used last: going back to another branch costs nothing."""

WhenGathered = Callable[[Plan, Mapping[str, Content]], None]
"""Takes the plan of a package, and what is about to be packed by its name in the tarball."""


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
        SHA-256 of the tarball's `manifest.json`, hexadecimal, which holds that of every other member: it depends
        on the names and bytes inside alone, and on nothing that another version of the compressor changes.
    entry_point
        File name of the handler under `code/`.
    container
        The only container that it is for, with vendored dependencies; None where any will do.
    linked
        By name in the tarball, files that held a member's bytes when it was made; they need not be there any more.
    """

    model: str
    path: Path
    size: int
    digest: str
    entry_point: str
    container: str | None = None
    linked: Mapping[str, Path] = field(default_factory=dict, compare=False)


def package(
    model: ModelFolder,
    *,
    container: str = DEFAULT_CONTAINER,
    output_dir: Path | None = None,
    progress: Progress | Callable[[str], None] | None = None,
    when_gathered: WhenGathered | None = None,
) -> Package:
    """Package `model`, or find the package that was made of the same files.

    The tarball holds the model file, `serving.json`, the first sample as `warm_up.body`, the artifacts and
    `manifest.json` at the top, and the handler with what it needs under `code/`: the layout of SageMaker's PyTorch
    containers ("Use PyTorch with the SageMaker Python SDK", *Create the directory structure for your model
    files*). A package that is there already is not read.

    Parameters
    ----------
    model
        The model folder.
    container
        The container that vendored dependencies are for; other packages are for any.
    output_dir
        A folder that gets a copy, `model.tar.gz`, as well.
    progress
        Hears of each step that takes time; what is no `Progress` is called with lines of text.
    when_gathered
        Called with what is about to be packed, but for vendored dependencies; not where the package is there
        already.

    Raises
    ------
    AssetError
        The folder cannot become a package; nothing is left half-written.
    """
    progress = as_progress(progress)
    try:
        packed = _package(model, container, progress, when_gathered or (lambda _plan, _members: None))
        if output_dir is not None:
            _copy(packed.path, output_dir / TARBALL, progress)
    except OSError as error:
        where = f"{shown(Path(os.fsdecode(error.filename)))}: " if error.filename else ""
        raise AssetError(f"{where}{error.strerror or error}. The model {model.name} was not packaged.") from error
    return packed


def _package(model: ModelFolder, container: str, progress: Progress, when_gathered: WhenGathered) -> Package:
    digests = Digests(model.state_name)
    plan = plan_package(model, digests, progress, container=container)
    records = Records(
        folder=checkout.STATE / "packages" / model.state_name,
        file_name=TARBALL,
        facts_name="package.json",
        keep=_KEEP,
        spared=AN_HOUR,
    )
    waiting = progress.waiting(f"waiting for another packaging of {model.name} to end")

    def make(folder: Path) -> Facts:
        members = plan.members(progress)
        when_gathered(plan, members)
        return {"digest": _pack(plan, members, folder / TARBALL, digests, progress), "shape": plan.shape}

    def make_and_name(folder: Path) -> tuple[str, Facts]:
        facts = make(folder)
        return plan.key(digests.of(plan.inputs, progress)), facts

    # Large files that were never read are hashed while they are packed, unless the package could be there already.
    made = records.make_unlike(plan.shape, make_and_name, waiting) if digests.unknown(plan.inputs) else None
    if made is None:
        key = plan.key(digests.of(plan.inputs, progress))
        made = key, records.find_or_make(key, make, waiting)
    digests.save()
    key, facts = made
    return Package(
        model=model.name,
        path=records.path(key),
        size=facts["size"],
        digest=facts["digest"],
        entry_point=model.settings.entry_point,
        container=plan.vendored.platform.name if plan.vendored else None,
        linked={plan.model_file.file: plan.source.path},
    )


def _pack(plan: Plan, members: dict[str, Content], path: Path, digests: Digests, progress: Progress) -> str:
    """Write the tarball and return its digest."""
    scratch = path.with_name("vendored")
    scratch.mkdir()
    if plan.vendored:
        members = {**members, **plan.vendored.members(scratch, progress)}
    handler = plan.handler.path.read_bytes() if plan.handler else None
    step = f"packing {plan.model.name}"
    progress(step)
    with progress.moving(step, _size(members.values())) as moved, Tarball(path, moved) as tarball:
        for name, content in sorted(members.items()):
            tarball.add(name, content)
        container = plan.vendored.platform.name if plan.vendored else None
        listing = manifest(plan.model_file, tarball.digests, plan.model.settings.entry_point, handler, container)
        tarball.add(MANIFEST, listing)
    shutil.rmtree(scratch)
    check_unchanged(plan.watched)
    inputs = set(plan.inputs)
    for name, content in members.items():
        if isinstance(content, SourceFile) and content in inputs:
            digests.learn(content, tarball.digests[name])
    return hashlib.sha256(listing).hexdigest()


def _size(contents: Iterable[Content]) -> int:
    return sum(len(content) if isinstance(content, bytes) else content.state.size for content in contents)


def _copy(tarball: Path, destination: Path, progress: Progress) -> None:
    # A copy, not a link: whoever changes it in place must not change the package that is kept.
    destination.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(destination)
    beside = destination.with_name(f".{destination.name}.{os.getpid()}.tmp")
    try:
        with (
            progress.moving(f"copying {shown(destination)}", tarball.stat().st_size) as moved,
            tarball.open("rb") as source,
            beside.open("wb") as copy,
        ):
            while chunk := source.read(_CHUNK):
                copy.write(chunk)
                moved(len(chunk))
        beside.replace(destination)
    finally:
        beside.unlink(missing_ok=True)


def _remove_leftovers(destination: Path) -> None:
    """Remove what copies to the same place left behind whose processes were killed."""
    for leftover in destination.parent.glob(f".{destination.name}.*.tmp"):
        process = leftover.name.split(".")[-2]
        if not (process.isdigit() and _runs(int(process))):
            leftover.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
