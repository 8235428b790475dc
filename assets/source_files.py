"""The files of a model folder, without what no one means to ship."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

from assets import checkout
from assets.checkout import shown
from assets.errors import AssetError
from assets.ignore import fits, leads_to

IGNORED = (
    ".*",
    "__pycache__",
    "*.py[cod]",
    "*.egg-info",
    "*~",
    "*.sw[op]",
    "#*#",
    "Thumbs.db",
    "desktop.ini",
)
"""Names, of files and folders at any depth, that are not looked at: dotfiles, caches, editors' files."""

_VIRTUAL_ENVIRONMENT = "pyvenv.cfg"


@dataclass(frozen=True)
class FileState:
    """What changes when a file's bytes change, without reading them.

    The inode and the time of the last status change tell a file that was replaced by another of the same size
    and modification time, as `cp -p`, `rsync` and `git checkout` can do.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> "FileState":
        """Take the state from what `stat` says."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


@dataclass(frozen=True)
class SourceFile:
    """A file of a model folder.

    Parameters
    ----------
    name
        Path below the model folder, with `/` between its parts.
    path
        Where its bytes lie.
    state
        Its state when the folder was listed.
    """

    name: str
    path: Path
    state: FileState


def list_files(folder: Path, include: Sequence[str] = ()) -> dict[str, SourceFile]:
    """List the files of a model folder by name, in the order of their names' code points.

    Folders as such are not listed, so that an empty one, which git does not keep, makes no difference.

    Parameters
    ----------
    folder
        The model folder.
    include
        Patterns of files that are listed although `IGNORED` has their names, or those of folders around them.

    Raises
    ------
    AssetError
        A link leads to a folder, nowhere, or out of the folder, unless both ends are below `model_code/`, whose
        models may share files; a name is not Unicode; something is no plain file.
    """
    files: dict[str, SourceFile] = {}
    pending = [(folder, False)]
    while pending:
        current, passed_through = pending.pop()
        with os.scandir(current) as scan:
            entries = list(scan)
        if any(entry.name == _VIRTUAL_ENVIRONMENT for entry in entries):
            continue
        for entry in entries:
            path = Path(entry.path)
            name = path.relative_to(folder).as_posix()
            ignored = (passed_through or fits(entry.name, IGNORED)) and not fits(name, include)
            if entry.is_dir(follow_symlinks=False):
                if not ignored or leads_to(name, include):
                    pending.append((path, ignored))
            elif not ignored:
                files[name] = _source_file(folder, path)
    return dict(sorted(files.items()))


def check_unchanged(files: Iterable[SourceFile]) -> None:
    """Make sure that what was made of `files` was made of what they were when they were listed.

    Raises
    ------
    AssetError
        One of them changed since.
    """
    for file in files:
        if FileState.of(file.path.stat()) != file.state:
            raise changed(file)


def changed(file: SourceFile) -> AssetError:
    """Return the error of a file that is no longer what it was when its folder was listed."""
    return AssetError(f"{shown(file.path)}: changed while it was packaged. Run the command again.")


def _source_file(folder: Path, path: Path) -> SourceFile:
    name = path.relative_to(folder).as_posix()
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise AssetError(f"{shown(folder)}: the file name {name!r} is not UTF-8. Rename the file.") from error
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    if not (target.is_relative_to(folder) or _is_shared(folder, target)):
        raise AssetError(
            f"{shown(path)}: links to {target}, outside the model folder. "
            "Put a copy of the file in the link's place."
        )
    if not target.exists() or not S_ISREG((status := target.stat()).st_mode):
        what = "a link to no plain file" if path.is_symlink() else "no plain file"
        raise AssetError(
            f"{shown(path)}: is {what}, which a tarball cannot carry. Remove it, or put a file there."
        )
    return SourceFile(name=name, path=target, state=FileState.of(status))


def _is_shared(folder: Path, target: Path) -> bool:
    """Whether a model of the checkout takes a file of another one: whoever has the one has the other."""
    models = checkout.MODEL_CODE.resolve()
    return folder.is_relative_to(models) and target.is_relative_to(models)
