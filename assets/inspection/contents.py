"""What an inspection keeps of a tarball's files, which it reads once, one after the other."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from assets.inspection.finding import Finding, error, warning
from assets.inspection.pickles import pickle_finding
from assets.inspection.target import Target
from assets.inspection.text_checks import secrets_in, syntax_of

MODEL_SUFFIXES = (".pt", ".pth", ".pt2")
"""Of the files at the top that are the model."""

VENDORED = "code/lib/"
"""Packages of others, whose lock has a hash of each file: their own text is not judged."""

_HEAD = 8 * 1024
_TEXT_LIMIT = 4 * 1024**2
_ALL_TEXT_LIMIT = 256 * 1024**2
_SOURCE_LIMIT = 1024**2
_ALL_SOURCE_LIMIT = 32 * 1024**2
"""Bytes of text that are looked at: of one file and all together; of one Python file and all together."""

_KEPT_LIMIT = 64 * 1024**2
_SERVING = "serving.json"
_DESCRIPTIONS = ("manifest.json", _SERVING)

Read = Callable[[int], bytes]
"""Gives up to that many further bytes of a file, none at its end."""


@dataclass(frozen=True)
class ModelFile:
    """A model file at the top, whose bytes can be reached in any order.

    Parameters
    ----------
    name
        In the tarball.
    path
        Where its bytes lie.
    size
        In bytes.
    """

    name: str
    path: Path
    size: int


@dataclass
class Contents:
    """A tarball's files.

    Parameters
    ----------
    target
        Where they are to run.
    sizes
        Of every file, in bytes, by its name.
    texts
        The Python files and lists of requirements below `code/`, and the descriptions at the top.
    model_files
        The model; exactly one, if all is well.
    tarball_size
        In bytes; None where it is not packed yet.
    exported_by
        The torch version that exported the model, where the manifest does not say it.
    findings
        What single files gave.
    """

    target: Target
    tarball_size: int | None = None
    exported_by: str | None = None
    sizes: dict[str, int] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
    model_files: list[ModelFile] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    _kept: int = 0
    _judged: int = 0
    _looked_at: int = 0

    def take(self, name: str, size: int, read: Read) -> None:
        """Look at a file that is no model."""
        self.sizes[name] = size
        head = _read(read, _HEAD)
        if name.startswith(VENDORED):
            return
        pickle = pickle_finding(name, head)
        self.findings += [pickle] if pickle else []
        if b"\0" in head:
            if name.endswith(".py"):
                self._judge(name, head)
            return
        text = head + _read(read, min(_TEXT_LIMIT, _ALL_TEXT_LIMIT - self._looked_at) - len(head))
        self._looked_at += len(text)
        self.findings += secrets_in(name, text)
        if len(text) == size:
            self._keep(name, text)
        if name.endswith(".py") and len(text) == size <= _SOURCE_LIMIT:
            self._judge(name, text)

    def take_model(self, name: str, size: int, path: Path) -> None:
        """Look at a model file at the top."""
        self.sizes[name] = size
        with path.open("rb") as file:
            pickle = pickle_finding(name, file.read(_HEAD))
        if pickle:
            self.findings.append(pickle)
        self.model_files.append(ModelFile(name, path, size))

    def description(self, name: str) -> dict[str, Any]:
        """Return the JSON object of `manifest.json` or `serving.json`; empty where it cannot be read."""
        try:
            content = json.loads(self.texts.get(name, b"{}"))
        except (ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def _judge(self, name: str, source: bytes) -> None:
        self._judged += len(source)
        if self._judged <= _ALL_SOURCE_LIMIT:
            syntax = syntax_of(name, source, self.target)
            self.findings += [syntax] if syntax else []

    def _keep(self, name: str, text: bytes) -> None:
        path = PurePosixPath(name)
        wanted = name in _DESCRIPTIONS or (path.parts[0] == "code" and path.suffix in {".py", ".txt"})
        if wanted and self._kept + len(text) <= _KEPT_LIMIT:
            self._kept += len(text)
            self.texts[name] = text


def is_model_file(name: str) -> bool:
    """Whether a file is the model: at the top, with a suffix of torch's."""
    return "/" not in name and name.endswith(MODEL_SUFFIXES)


def description_findings(contents: Contents) -> Iterator[Finding]:
    """Report descriptions at the top that cannot be read."""
    for name in _DESCRIPTIONS:
        text = contents.texts.get(name)
        if text is None:
            if name in contents.sizes:
                yield _unreadable(name)
            continue
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            yield _unreadable(name)


def _unreadable(name: str) -> Finding:
    mend = "Let `slipway package` write it."
    if name == _SERVING:
        return error(
            "manifest-unreadable", name, "is no JSON object, and the server does not start with it.", mend
        )
    what = "is no JSON object, so that nobody knows which torch exported the model."
    return warning("manifest-unreadable", name, what, mend)


def _read(read: Read, size: int) -> bytes:
    parts = []
    while size > 0 and (part := read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
