"""Checks of a tarball's members as such: names and kinds."""

import posixpath
import tarfile
from collections.abc import Iterator

from assets.inspection.finding import Finding, error
from assets.inspection.tar_reader import Member
from assets.inspection.tree import PACK_AGAIN

_PLAIN = {tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE}
_LINKS = {tarfile.SYMTYPE, tarfile.LNKTYPE}
_KINDS = {tarfile.CHRTYPE: "a device", tarfile.BLKTYPE: "a device", tarfile.FIFOTYPE: "a pipe"}


def is_plain(member: Member) -> bool:
    """Whether it is a file with its data as it is."""
    return member.kind in _PLAIN and not member.is_sparse


def path_in_tree(name: str) -> str:
    """Return the path where a member is unpacked, without `./` and doubled separators."""
    return posixpath.normpath(name.lstrip("/"))


def member_findings(member: Member) -> Iterator[Finding]:
    """Judge one member: where it leads, and what it is."""
    yield from name_findings(member.name)
    if member.is_sparse or member.kind not in _PLAIN | _LINKS | {tarfile.DIRTYPE}:
        kind = "a sparse file" if member.is_sparse else _KINDS.get(member.kind, "of an unknown kind")
        what = f"is {kind}: SageMaker unpacks plain files, folders and links."
        yield error("special-file", member.name, what, f"Put a plain file in its place. {PACK_AGAIN}")


def name_findings(name: str) -> Iterator[Finding]:
    """Judge the path of a member."""
    if name.startswith("/"):
        what = "has an absolute path, which is refused or cut as it is unpacked."
        yield error("absolute-path", name, what, PACK_AGAIN)
    if path_in_tree(name) == "code/__init__.py":
        what = "makes a package named code, which hides the standard library's and breaks `pdb` in the container."
        yield error("code-package", name, what, "Remove the file.")
    if ".." in name.split("/"):
        what = "has `..` in its path, which leads out of the folder where it is unpacked, or is refused."
        yield error("path-outside", name, what, PACK_AGAIN)
    try:
        name.encode()
    except UnicodeEncodeError:
        what = "has a name that is not UTF-8, so that Python in the container reads another one."
        yield error("name-not-unicode", name, what, "Rename the file.")
