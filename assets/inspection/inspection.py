"""Inspects a tarball, or what is about to become one."""

import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from assets.errors import AssetError
from assets.inspection.acknowledgements import review
from assets.inspection.contents import Contents, description_findings, is_model_file
from assets.inspection.finding import Finding, error
from assets.inspection.graphs import working_folder
from assets.inspection.handler import find_handler, handler_findings
from assets.inspection.members import is_plain, member_findings, name_findings, path_in_tree
from assets.inspection.model_file import model_findings
from assets.inspection.requirements import requirements_findings
from assets.inspection.sizes import size_findings
from assets.inspection.tar_reader import BombError, TarError, TarStream
from assets.inspection.target import Target
from assets.inspection.tree import Tree, tree_findings
from assets.progress import as_progress
from assets.source_files import SourceFile

_MOST_MEMBERS = 100_000
_MOST_NAMES = 64 * 1024**2  # characters of all names together
_MOST_FINDINGS = 10_000
_CHUNK = 1024 * 1024
_TARBALL = "model.tar.gz"


class _TooManyError(Exception):
    """A tarball has more members than anyone would wait for; the text is how many were read."""


def inspect_tarball(
    path: Path,
    target: Target,
    acknowledged: Mapping[str, str] | None = None,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Finding]:
    """Inspect a tarball of any origin. Memory stays small whatever is in it; nothing in it is imported.

    A model file in it is unpacked below `.slipway` for the time of the inspection.

    Parameters
    ----------
    path
        The tarball.
    target
        Where it is to run.
    acknowledged
        Reasons by the ids of findings that may stand, as in model.yaml; those are left out.
    progress
        Called with one line of text before each step that takes time.

    Returns
    -------
    list of Finding
        Errors first.

    Raises
    ------
    AssetError
        The file cannot be opened, or the disk has no room for the model in it.
    """
    contents = Contents(target)
    tree = Tree()
    with ExitStack() as stack:
        try:
            contents.tarball_size = path.stat().st_size
            folder = stack.enter_context(working_folder())
            progress(f"reading {path.name}")
            moved = stack.enter_context(
                as_progress(progress).moving(f"reading {path.name}", contents.tarball_size)
            )
            _read_tarball(TarStream(path, moved), contents, tree, folder)
        except (TarError, BombError, _TooManyError) as problem:
            contents.findings.append(_not_read(problem))
            contents.findings += tree.findings(whole=False)
            return review(contents.findings, acknowledged or {}).findings
        except OSError as problem:
            where = os.fsdecode(problem.filename) if problem.filename else str(path)
            raise AssetError(
                f"{where}: {problem.strerror or problem}. The tarball was not inspected."
            ) from problem
        contents.findings += tree.findings(whole=True)
        return review(_judged(contents, progress), acknowledged or {}).findings


def inspect_members(
    members: Mapping[str, SourceFile | bytes],
    target: Target,
    acknowledged: Mapping[str, str] | None = None,
    *,
    exported_by: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Finding]:
    """Inspect what is about to be packed; of weights no more is read than the list of their records.

    Parameters
    ----------
    members
        By name in the tarball, a file or the bytes themselves.
    target, acknowledged, progress
        As for `inspect_tarball`.
    exported_by
        The torch version that exported the model, where it is known; a tarball's manifest.json says it.
    """
    contents = Contents(target, exported_by=exported_by)
    contents.findings += tree_findings(members)
    with working_folder() as folder:
        for name, content in members.items():
            contents.findings += name_findings(name)
            if is_model_file(name):
                path = content.path if isinstance(content, SourceFile) else _written(content, folder / name)
                contents.take_model(name, path.stat().st_size, path)
            elif isinstance(content, SourceFile):
                with content.path.open("rb") as file:
                    contents.take(name, content.state.size, file.read)
            else:
                contents.take(name, len(content), io.BytesIO(content).read)
        return review(_judged(contents, progress), acknowledged or {}).findings


def _judged(contents: Contents, progress: Callable[[str], None]) -> list[Finding]:
    """Return the findings of single files, and those that need several of them together."""

    def together() -> Iterator[Finding]:
        handler = find_handler(contents)
        yield from description_findings(contents)
        yield from handler_findings(contents, handler)
        yield from requirements_findings(contents, contents.target)
        yield from size_findings(contents, contents.target)
        yield from model_findings(contents, handler, progress)

    return [*contents.findings, *together()]


def _read_tarball(stream: TarStream, contents: Contents, tree: Tree, folder: Path) -> None:
    for count, member in enumerate(stream.members()):
        if count == _MOST_MEMBERS or tree.characters > _MOST_NAMES or len(contents.findings) > _MOST_FINDINGS:
            raise _TooManyError(count)
        contents.findings += member_findings(member)
        name = path_in_tree(member.name)
        tree.add(member, name)
        if not is_plain(member) or name == ".":
            continue
        if is_model_file(name):
            path = folder / str(count)
            _spool(stream, path)
            contents.take_model(name, member.size, path)
        else:
            contents.take(name, member.size, stream.read)


def _written(content: bytes, path: Path) -> Path:
    path.write_bytes(content)
    return path


def _spool(stream: TarStream, path: Path) -> None:
    """Unpack a member; zeros become holes, so that an empty one takes no disk."""
    with path.open("wb") as file:
        while chunk := stream.read(_CHUNK):
            if chunk.count(0) == len(chunk):
                file.seek(len(chunk), os.SEEK_CUR)
            else:
                file.write(chunk)
        file.truncate()


def _not_read(problem: TarError | BombError | _TooManyError) -> Finding:
    if isinstance(problem, _TooManyError):
        what = f"was read up to member {problem} only: it has more members, or more mistakes, than any model."
        return error("too-many-members", _TARBALL, what, "Pack what the model needs, and no more.")
    if isinstance(problem, BombError):
        what = "unpacks to over 10 GiB and over 100 times its size, which no model does; it was not read further."
        return error("archive-bomb", _TARBALL, what, "Do not unpack it; ask where it comes from.")
    mend = "Make it again with `slipway package`, or fetch it again."
    return error("archive-unreadable", _TARBALL, f"cannot be unpacked: {problem}.", mend)
