"""Checks of a tarball's members as such: names, links, kinds."""

import posixpath
import tarfile
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice

from assets.inspection.finding import MOST, Finding, error, warning
from assets.inspection.tar_reader import Member

_PLAIN = {tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE}
_LINKS = {tarfile.SYMTYPE, tarfile.LNKTYPE}
_KINDS = {tarfile.CHRTYPE: "a device", tarfile.BLKTYPE: "a device", tarfile.FIFOTYPE: "a pipe"}
_PACK_AGAIN = "Pack the folder again with `slipway package`."


def is_plain(member: Member) -> bool:
    """Whether it is a file with its data as it is."""
    return member.kind in _PLAIN and not member.is_sparse


def path_in_tree(name: str) -> str:
    """Return the path where a member is unpacked, without `./` and doubled separators."""
    return posixpath.normpath(name.lstrip("/")) if name else ""


def member_findings(member: Member) -> Iterator[Finding]:
    """Judge one member: where it and its link lead, and what it is."""
    yield from name_findings(member.name)
    if member.kind in _LINKS:
        yield from _link(member)
    elif member.is_sparse or member.kind not in _PLAIN | {tarfile.DIRTYPE}:
        kind = "a sparse file" if member.is_sparse else _KINDS.get(member.kind, "of an unknown kind")
        what = f"is {kind}: SageMaker unpacks plain files, folders and links."
        yield error("special-file", member.name, what, f"Put a plain file in its place. {_PACK_AGAIN}")


def name_findings(name: str) -> Iterator[Finding]:
    """Judge the path of a member."""
    if name.startswith("/"):
        what = "has an absolute path, which is refused or cut as it is unpacked."
        yield error("absolute-path", name, what, _PACK_AGAIN)
    if path_in_tree(name) == "code/__init__.py":
        what = "makes a package named code, which hides the standard library's and breaks `pdb` in the container."
        yield error("code-package", name, what, "Remove the file.")
    if ".." in name.split("/"):
        what = "has `..` in its path, which leads out of the folder where it is unpacked, or is refused."
        yield error("path-outside", name, what, _PACK_AGAIN)
    try:
        name.encode()
    except UnicodeEncodeError:
        what = "has a name that is not UTF-8, so that Python in the container reads another one."
        yield error("name-not-unicode", name, what, "Rename the file.")


def tree_findings(names: Iterable[str]) -> Iterator[Finding]:
    """Compare the paths of all members with each other.

    Parameters
    ----------
    names
        The path of each file and link.
    """
    yield from islice(_twins(names), MOST)


def _twins(names: Iterable[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    alike: dict[str, str] = {}
    for name in names:
        if name in seen:
            what = "occurs more than once, and the last one wins without a word."
            yield error("duplicate-name", name, what, f"Remove one of them. {_PACK_AGAIN}")
            continue
        seen.add(name)
        other = alike.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if other != name:
            what = f"differs from {other} in case or Unicode form only: some file systems keep one of the two."
            yield warning("similar-names", name, what, "Rename one of them.")


def _link(member: Member) -> Iterator[Finding]:
    base = posixpath.dirname(member.name) if member.kind == tarfile.SYMTYPE else ""
    target = posixpath.normpath(posixpath.join(base, member.link))
    if target.startswith(("/", "../")) or target == "..":
        what = f"links to {member.link}, outside the tarball."
        yield error(
            "link-outside", member.name, what, f"Put a copy of the file in the link's place. {_PACK_AGAIN}"
        )
