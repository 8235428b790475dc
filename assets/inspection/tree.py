"""Checks of a tarball's members beside each other: what stands twice, where links lead."""

import posixpath
import tarfile
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice

from assets.inspection.finding import MOST, Finding, error, warning
from assets.inspection.tar_reader import Member

PACK_AGAIN = "Pack the folder again with `slipway package`."

_MOST_HOPS = 8  # from link to link
_MOST_STEPS = 100  # of one link's way through folders; a longer one is not followed


class Tree:
    """What a tarball unpacks to.

    Folders need not be members: they are there as far as paths lead through them.

    Attributes
    ----------
    characters
        Of all paths and links that are kept, for a limit of memory.
    """

    def __init__(self) -> None:
        self.characters = 0
        self._files: list[str] = []
        self._folders: dict[str, str] = {".": "."}  # each with a path that needs it
        self._links: dict[str, str] = {}
        self._hard_links: dict[str, str] = {}

    def add(self, member: Member, path: str) -> None:
        """Add a member by the path where it is unpacked; one that leads outside is of no account here."""
        if path == ".." or path.startswith("../"):
            return
        self.characters += len(path) + len(member.link)
        if member.kind == tarfile.DIRTYPE:
            self._folders.setdefault(path, path)
        else:
            self._files.append(path)
        if member.kind == tarfile.SYMTYPE:
            self._links[path] = member.link
        elif member.kind == tarfile.LNKTYPE:
            self._hard_links[path] = member.link
        below = path
        while (parent := posixpath.dirname(below)) and parent not in self._folders:
            self.characters += len(parent)
            self._folders[parent] = path
            below = parent

    def findings(self, *, whole: bool) -> Iterator[Finding]:
        """Report what stands twice, what lies below a file or link, and links that lead nowhere or out.

        Parameters
        ----------
        whole
            Whether all members were added; otherwise nothing is missed.
        """
        yield from tree_findings(self._files)
        yield from islice(self._below_files(), MOST)
        yield from islice(self._lost_links(whole), MOST)

    def _below_files(self) -> Iterator[Finding]:
        for path in dict.fromkeys(self._files):
            below = self._folders.get(path)
            if below is None:
                continue
            if path == ".":
                yield error("path-outside", path, "is the folder itself where it is unpacked.", PACK_AGAIN)
            elif path in self._links:
                what = f"lies below the link {path}, so that it lands elsewhere, or is refused."
                yield error("path-outside", below, what, PACK_AGAIN)
            elif below == path:
                what = "is a file and a folder at once."
                yield error("duplicate-name", path, what, f"Remove one of them. {PACK_AGAIN}")
            else:
                what = f"lies below {path}, which is no folder."
                yield error("duplicate-name", below, what, f"Remove one of them. {PACK_AGAIN}")

    def _lost_links(self, whole: bool) -> Iterator[Finding]:
        present = set(self._files) if self._links or self._hard_links else set()
        symbolic = {path: posixpath.join(posixpath.dirname(path), link) for path, link in self._links.items()}
        for path, target in {**symbolic, **self._hard_links}.items():
            place = self._followed(target)
            if place is None:
                what = "outside the tarball, or in circles."
            elif whole and place not in present and place not in self._folders:
                what = "which is not in the tarball."
            else:
                continue
            link = self._links.get(path) or self._hard_links.get(path)
            mend = f"Put a copy of the file in the link's place. {PACK_AGAIN}"
            yield error("link-outside", path, f"links to {link}, {what}", mend)

    def _followed(self, target: str) -> str | None:
        """Return where a path leads, through links as the system follows them; None where that is outside."""
        if target.startswith("/"):
            return None
        pending = target.split("/")[::-1]
        place: list[str] = []
        hops = steps = 0
        while pending:
            part = pending.pop()
            steps += 1
            if part == "..":
                if not place:
                    return None
                place.pop()
            elif part not in {"", "."}:
                place.append(part)
                link = self._links.get("/".join(place))
                if link is not None:
                    hops += 1
                    place.pop()
                    pending += link.split("/")[::-1]
                if hops > _MOST_HOPS or (link or "").startswith("/"):
                    return None
            if steps > _MOST_STEPS:
                return None
        return "/".join(place) or "."


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
            yield error("duplicate-name", name, what, f"Remove one of them. {PACK_AGAIN}")
            continue
        seen.add(name)
        other = alike.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if other != name:
            what = f"differs from {other} in case or Unicode form only: some file systems keep one of the two."
            yield warning("similar-names", name, what, "Rename one of them.")
