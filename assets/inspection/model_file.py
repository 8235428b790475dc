"""Checks of the model file: its number, its format, and what the container's torch makes of it."""

from collections.abc import Callable, Iterator

from assets.inspection.contents import Contents, ModelFile
from assets.inspection.finding import Finding, error, warning
from assets.inspection.graphs import GraphsNotListed, graphs_of
from assets.inspection.handler import Handler
from assets.inspection.model_archive import ArchiveError, ModelArchive, exported_operators, open_archive
from assets.inspection.operators import graph_findings, name_findings

_LAYOUT = "SageMaker's PyTorch containers take exactly one .pt, .pth or .pt2 file at the top of the tarball"
_EXPORTER = {"operator-missing", "operator-custom", "operator-signature", "model-unreadable"}


def model_findings(contents: Contents, handler: Handler, progress: Callable[[str], None]) -> Iterator[Finding]:
    """Judge the model file, or files; `progress` is called with a line before torch is started."""
    names = [model.name for model in contents.model_files]
    severity = warning if handler.loads_model else error
    if not names:
        what = f"holds no model. {_LAYOUT}."
        yield severity("model-file-missing", "model.tar.gz", what, "Put model.pt at the top of the tarball.")
    elif len(names) > 1:
        what = f"there are {', '.join(sorted(names))}. {_LAYOUT}."
        mend = "Keep one, and move the others into a folder of their own."
        yield severity("several-model-files", "model.tar.gz", what, mend)
    for model in contents.model_files:
        yield from _model(model, contents, handler, progress)


def _model(
    model: ModelFile, contents: Contents, handler: Handler, progress: Callable[[str], None]
) -> Iterator[Finding]:
    try:
        archive = open_archive(model.path)
        if archive.format != "torchscript" and not handler.loads_model:
            yield _needs_handler(model, archive)
        if archive.format == "torchscript":
            yield from _torchscript(model, archive, contents, handler, progress)
        elif archive.format == "torch-export":
            yield from _exported(model, archive, contents, handler)
    except ArchiveError as problem:
        if not any(one.id == "pickle" and one.where == model.name for one in contents.findings):
            what = f"cannot be read: {problem}."
            yield error("model-unreadable", model.name, what, "Save the model again, and compare the copies.")


def _needs_handler(model: ModelFile, archive: ModelArchive) -> Finding:
    kind = "an exported program" if archive.format == "torch-export" else "what torch.save writes"
    return error(
        "model-needs-handler",
        model.name,
        f"is {kind}, and the server's own model_fn loads TorchScript only.",
        "Save the model with torch.jit.save, or write a model_fn in the handler.",
    )


def _torchscript(
    model: ModelFile, archive: ModelArchive, contents: Contents, handler: Handler, progress: Callable[[str], None]
) -> Iterator[Finding]:
    target = contents.target
    try:
        graphs = graphs_of(archive, model.name, progress)
    except GraphsNotListed as problem:
        what = f"which operators it calls is not known: {problem}."
        yield warning(
            "graphs-not-walked", model.name, what, "See that the container loads it before it is deployed."
        )
        return
    findings = list(graph_findings(model.name, graphs, target, has_handler=handler.file is not None))
    yield from findings
    exporter = _exporter(model, contents)
    if exporter and _minor(exporter) > _minor(target.torch) and not any(one.id in _EXPORTER for one in findings):
        yield warning(
            "exporter-newer",
            model.name,
            f"was exported by torch {exporter}, and {target.container} has torch {target.torch}: the operators "
            "are all there, but PyTorch promises nothing in this direction.",
            f"Export with torch {target.torch}, or try the model in the container.",
        )


def _exported(model: ModelFile, archive: ModelArchive, contents: Contents, handler: Handler) -> Iterator[Finding]:
    target = contents.target
    operators, version = exported_operators(archive)
    exporter = _exporter(model, contents) or version
    if exporter is None or _minor(exporter) != _minor(target.torch):
        by = f"torch {exporter}" if exporter else "an unknown version of torch"
        yield error(
            "exporter-differs",
            model.name,
            f"was exported by {by}, and {target.container} has torch {target.torch}: a .pt2 is only sure to load "
            "in the same minor version.",
            f"Export with torch {target.torch}, or as TorchScript.",
        )
    # what loads an exported program is always a handler
    yield from name_findings(model.name, sorted(operators), target, has_handler=handler.file is not None)


def _exporter(model: ModelFile, contents: Contents) -> str | None:
    section = contents.description("manifest.json").get("model")
    if not isinstance(section, dict) or section.get("file") != model.name:
        return contents.exported_by
    version = section.get("torch")
    return version if isinstance(version, str) else contents.exported_by


def _minor(version: str) -> tuple[int, ...]:
    """Return the first two numbers of a version; (0, 0) where there are none."""
    parts = version.partition("+")[0].split(".")[:2]
    return tuple(map(int, parts)) if all(part.isascii() and part.isdecimal() for part in parts) else (0, 0)
