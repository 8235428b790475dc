"""Checks of `code/requirements.txt`, which the container installs as it starts."""

import posixpath
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from packaging.requirements import InvalidRequirement, Requirement

from assets.inspection.contents import Contents
from assets.inspection.finding import MOST, Finding, error, warning
from assets.inspection.target import Target

_FILE = "code/requirements.txt"
_INCLUDES = {"-r", "--requirement", "-c", "--constraint"}
_PLACES = {"-e", "--editable", "-f", "--find-links"}
_INDEXES = {"-i", "--index-url", "--extra-index-url", "--trusted-host"}
_HARMLESS = {"--no-index", "--pre", "--prefer-binary", "--only-binary", "--no-binary", "--require-hashes"}
_OPTION = re.compile(r"(--[a-z][a-z-]*|-[a-z])\s*=?\s*(.*)", re.DOTALL)
_PER_REQUIREMENT = re.compile(r"\s+--(?:hash|config-settings?|global-option)[= ]\S+")
_ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz")
_CONTINUED = re.compile(r"\\\r?\n")


@dataclass(frozen=True)
class _Line:
    """A line, with those that a backslash continues."""

    where: str
    text: str
    is_constraint: bool


def requirements_findings(contents: Contents, target: Target) -> Iterator[Finding]:
    """Judge the requirements by pip's *Requirements File Format*, and by what the container can reach."""
    if _FILE not in contents.sizes:
        return
    text = contents.texts.get(_FILE)
    if text is None:
        yield _unreadable(_FILE, "is too large, or binary.")
        return
    lines = list(_lines(_FILE, text))
    if lines and target.network_isolation:
        yield error(
            "requirements-isolated",
            _FILE,
            "asks for packages, and a container with network isolation cannot fetch any: it never starts.",
            "Write `dependencies: vendored` in model.yaml, or switch network isolation off.",
        )
    yield from islice(_each_line(lines, contents), MOST)


def _each_line(lines: list[_Line], contents: Contents) -> Iterator[Finding]:
    """Judge the lines, and those of files that they include, each file once."""
    pending = deque(lines)
    read = {_FILE}
    while pending:
        line = pending.popleft()
        included = _included(line, contents.texts)
        if included is None:
            yield from _line_findings(line, contents)
        elif included not in read:
            read.add(included)
            constraint = line.is_constraint or line.text.startswith(("-c", "--constraint"))
            pending += _lines(included, contents.texts[included], is_constraint=constraint)


def _lines(file: str, text: bytes, *, is_constraint: bool = False) -> Iterator[_Line]:
    number = 1
    for line in _CONTINUED.sub("\\\\\0", text.decode("utf-8-sig", "replace")).splitlines():
        joined = line.replace("\\\0", " ")
        content = re.sub(r"(^|\s)#.*", "", joined, flags=re.DOTALL).strip()
        if content:
            yield _Line(f"{file}, line {number}", content, is_constraint)
        number += 1 + line.count("\\\0")


def _included(line: _Line, texts: Mapping[str, bytes]) -> str | None:
    """Return the file of the tarball that the line includes."""
    match = _OPTION.fullmatch(line.text)
    if match is None or match[1] not in _INCLUDES:
        return None
    file = line.where.partition(", line ")[0]
    name = posixpath.normpath(posixpath.join(posixpath.dirname(file), match[2].strip()))
    return name if name in texts else None


def _line_findings(line: _Line, contents: Contents) -> Iterator[Finding]:
    if line.text.startswith("-"):
        yield from _option(line, contents)
        return
    text = _PER_REQUIREMENT.sub("", line.text)
    if _is_path(text):
        if not _is_packed(text, contents):
            yield _outside(line, "a file or URL")
        return
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        yield _unreadable(line.where, "is no requirement such as name==1.2.3, and pip stops at it.")
        return
    if requirement.url:
        yield _outside(line, "a URL")
    elif not line.is_constraint and not _is_pinned(requirement):
        yield warning(
            "requirements-unpinned",
            line.where,
            f"{requirement.name} has no exact version: an instance that starts later may install another one.",
            f"Write {requirement.name}== and the version.",
        )


def _option(line: _Line, contents: Contents) -> Iterator[Finding]:
    match = _OPTION.fullmatch(line.text)
    option, value = (match[1], match[2].strip()) if match else (line.text.split()[0], "")
    if option in _INCLUDES or option in _PLACES:
        if not _is_packed(value, contents):
            yield _outside(line, f"something by {option}")
    elif option in _INDEXES:
        yield warning(
            "requirements-index",
            line.where,
            f"{option} chooses where packages come from: the container must reach it, and runs what it offers.",
            "Set the index in the container's environment (CA_REPOSITORY_ARN, PIP_INDEX_URL), or vendor packages.",
        )
    elif option not in _HARMLESS:
        yield _unreadable(line.where, f"has {option}, which is no option of a requirements file; pip stops at it.")


def _is_path(text: str) -> bool:
    start = text.partition(";")[0].strip().partition(" ")[0]
    return "://" in start.partition("@")[0] or start.startswith((".", "/", "~")) or start.endswith(_ARCHIVES)


def _is_packed(path: str, contents: Contents) -> bool:
    """Whether a path, which pip takes from `code/`, lies in the tarball."""
    if not path or "://" in path or path.startswith(("/", "~")):
        return False
    name = posixpath.normpath(posixpath.join("code", path.partition(";")[0].partition("[")[0].strip()))
    return name in contents.sizes or any(file.startswith(f"{name}/") for file in contents.sizes)


def _is_pinned(requirement: Requirement) -> bool:
    return any(one.operator in {"==", "==="} and "*" not in one.version for one in requirement.specifier)


def _outside(line: _Line, kind: str) -> Finding:
    # without the text itself: a URL may hold a password
    return error(
        "requirements-outside",
        line.where,
        f"names {kind} outside the tarball, which the container does not have or which may change unseen.",
        "Name a version of a package on an index, or pack the file.",
    )


def _unreadable(where: str, what: str) -> Finding:
    return error("requirements-unreadable", where, what, "Correct the line.")
