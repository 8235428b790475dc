"""Wheels → the files of one importable folder, the same for the same wheels."""

import filecmp
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from assets.errors import AssetError
from assets.source_files import FileState, SourceFile

_INSTALLED = ("purelib", "platlib")


def unpack_wheels(wheels: Iterable[Path], folder: Path) -> dict[str, SourceFile]:
    """Unpack wheels into `folder`; return the files by their names below it.

    Nothing is installed: no compiled file, record of an installer or script is made, so that the bytes are the
    wheels' own. Of what a wheel wants outside the folder of packages (its `.data`), scripts, headers and data are
    left out: a container's own folders are not the tarball's to write to.

    Parameters
    ----------
    wheels
        The files (PyPA, *Binary distribution format*).
    folder
        An empty folder; the files stay there until they are packed.

    Raises
    ------
    AssetError
        Two wheels have different files of one name, or a name leads out of the folder.
    """
    owners: dict[str, str] = {}
    for path in wheels:
        with zipfile.ZipFile(path) as wheel:
            for info in wheel.infolist():
                name = _installed_name(path.name, info)
                if name is not None:
                    _unpack(wheel, info, folder / name, owners.get(name), path.name)
                    owners[name] = path.name
    paths = {name: folder / name for name in sorted(owners)}
    return {
        name: SourceFile(name=name, path=path, state=FileState.of(path.stat())) for name, path in paths.items()
    }


def _installed_name(wheel: str, info: zipfile.ZipInfo) -> str | None:
    """Return where a member of a wheel belongs, None for one that is left out."""
    parts = PurePosixPath(info.filename).parts
    if info.filename.startswith("/") or ".." in parts or "\\" in info.filename:
        raise AssetError(
            f"{wheel}: {info.filename!r} leads out of the folder of packages. Ask for another version."
        )
    if info.is_dir() or "__pycache__" in parts or not parts:
        return None
    if parts[0].endswith(".data"):
        return "/".join(parts[2:]) if len(parts) > 2 and parts[1] in _INSTALLED else None  # noqa: PLR2004
    return "/".join(parts)


def _unpack(wheel: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, owner: str | None, name: str) -> None:
    target = path if owner is None else path.with_name(f"{path.name}.{name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with wheel.open(info) as source, target.open("xb") as file:
            shutil.copyfileobj(source, file)
    except (FileExistsError, NotADirectoryError) as error:
        raise AssetError(
            f"{name}: {info.filename!r} stands in the way of another wheel's. Ask for one of them."
        ) from error
    if owner is not None:
        same = filecmp.cmp(path, target, shallow=False)
        target.unlink()
        if not same:
            raise AssetError(
                f"{owner} and {name} both bring {info.filename}, with different content. Ask for one of them."
            )
