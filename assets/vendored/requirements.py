"""`requirements.txt` of a model whose dependencies are vendored."""

from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from assets.checkout import shown
from assets.errors import AssetError
from assets.vendored.container_platform import ContainerPlatform


def read_requirements(path: Path, platform: ContainerPlatform) -> list[str]:
    """Read what a model asks for, each requirement in its normal form, sorted.

    Options are refused: indexes come from pip's own settings (`PIP_INDEX_URL`, pip.conf) and hashes from the
    lock, so that the file says what is wanted and nothing else.

    Raises
    ------
    AssetError
        With one line per mistake; the file need not exist.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise AssetError(f"{shown(path)}: cannot be read as text: {error}. Write it in UTF-8.") from error
    found: list[str] = []
    mistakes: list[str] = []
    for number, line in _logical_lines(text):
        problem = _problem(line, platform)
        if problem:
            mistakes.append(f"{shown(path)}, line {number}: {problem}")
        else:
            found.append(str(Requirement(line)))
    if mistakes:
        raise AssetError("\n".join(mistakes))
    return sorted(found)


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Join lines that a backslash continues and drop comments (pip, *Requirements File Format*)."""
    lines: list[tuple[int, str]] = []
    started: tuple[int, str] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        first, before = started or (number, "")
        without_comment = f" {line}".split(" #", 1)[0].strip()
        if without_comment.endswith("\\"):
            started = (first, f"{before}{without_comment[:-1].strip()} ")
            continue
        started = None
        lines.append((first, f"{before}{without_comment}".strip()))
    if started:
        lines.append(started)
    return [(number, line.strip()) for number, line in lines if line.strip()]


def _problem(line: str, platform: ContainerPlatform) -> str | None:
    if line.startswith("-") or " --" in line:
        return (
            f"{line!r} is or has an option of pip, which vendored dependencies do not take. Write the "
            "requirements themselves; name indexes in PIP_EXTRA_INDEX_URL or pip.conf."
        )
    try:
        requirement = Requirement(line)
    except InvalidRequirement as error:
        return f"{line!r} is no requirement such as name==1.2.3: {str(error).splitlines()[0]}."
    if requirement.url:
        return f"{line!r} names a URL, which no lock can renew. Name a version of a package on an index."
    return extras_problem(requirement, platform)


def extras_problem(requirement: Requirement, platform: ContainerPlatform) -> str | None:
    """Say why a requirement cannot have its extras: the container's own package has none that are known."""
    if requirement.extras and canonicalize_name(requirement.name) in platform.provided:
        return (
            f"{str(requirement)!r} asks for extras of a package that the container {platform.name} brings itself. "
            "Name the packages of the extra instead."
        )
    return None
