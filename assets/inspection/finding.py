"""What an inspection finds."""

from dataclasses import dataclass
from typing import Literal

MOST = 100
"""Findings of one kind in one place; more of them tell nobody more."""

_LONGEST = 1000

Severity = Literal["error", "warning"]

FINDINGS: dict[str, str] = {
    "absolute-path": "a member has an absolute path",
    "acknowledgement-unknown": "model.yaml acknowledges an id that no finding has",
    "acknowledgement-unused": "model.yaml acknowledges a finding that does not occur",
    "acknowledgement-without-reason": "model.yaml acknowledges a finding without saying why",
    "archive-bomb": "the tarball unpacks to far more than its size",
    "archive-unreadable": "the tarball cannot be read to its end",
    "aws-access-key-id": "a file holds what looks like an AWS access key id",
    "aws-secret-key": "a file holds what looks like an AWS secret access key",
    "code-package": "code/ is a package",
    "download-time": "the model cannot be unpacked within the download time-out",
    "duplicate-name": "two members have the same name",
    "exporter-differs": "a .pt2 was exported by another minor version of torch than the container's",
    "exporter-newer": "TorchScript was exported by a newer torch than the container's",
    "graphs-not-walked": "the model's operators could not be listed",
    "handler-async": "a function of the handler is a coroutine",
    "handler-missing": "serving.json names a handler that is not there",
    "handler-name-taken": "the handler has the name of a module that the server needs",
    "handler-signature": "a function of the handler cannot be called as the server calls it",
    "handler-transform": "transform_fn stands beside a function that it replaces",
    "link-outside": "a link leads out of the tarball",
    "manifest-unreadable": "serving.json or manifest.json is no JSON object",
    "model-file-missing": "there is no model file at the top",
    "model-needs-handler": "the model is no TorchScript, and no model_fn loads it",
    "model-unreadable": "the model file is no archive that torch can read",
    "name-not-unicode": "a member's name is not UTF-8",
    "operator-custom": "a graph calls an operator of a library that torch does not bring",
    "operator-missing": "a graph calls an operator that the container's torch does not have",
    "operator-signature": "a graph calls an operator in a way that the container's torch does not take",
    "path-outside": "a member's path leads out of the tarball",
    "pickle": "a file is a pickle outside a torch archive",
    "requirements-index": "requirements.txt chooses a package index",
    "requirements-isolated": "requirements.txt stands beside network isolation",
    "requirements-outside": "requirements.txt names what is not in the tarball",
    "requirements-unpinned": "requirements.txt leaves a version open",
    "requirements-unreadable": "requirements.txt has a line that pip does not take",
    "serverless-disk": "tarball and content exceed the disk of serverless inference",
    "serverless-memory": "the model exceeds the memory of serverless inference",
    "several-model-files": "there are several model files at the top",
    "similar-names": "two names differ in case or Unicode form only",
    "special-file": "a member is neither file, folder nor link",
    "syntax-error": "a Python file is no Python that the container accepts",
    "syntax-undecided": "a Python file cannot be read by this older Python",
    "too-many-members": "the tarball has more members than anyone means to ship",
}
"""Every id with what it stands for; docs/inspection.md has the reason and the mend of each."""


@dataclass(frozen=True)
class Finding:
    """Something that fails, or may fail, after the upload.

    Parameters
    ----------
    id
        One of `FINDINGS`, by which model.yaml acknowledges it.
    severity
        Whether it stops the packaging.
    where
        The file in the tarball, with the line where there is one.
    what
        One sentence: what is wrong, and why it fails.
    mend
        What to do.
    """

    id: str
    severity: Severity
    where: str
    what: str
    mend: str


def error(finding: str, where: str, what: str, mend: str) -> Finding:
    """Return a finding that stops the packaging."""
    return Finding(finding, "error", printable(where), printable(what), printable(mend))


def warning(finding: str, where: str, what: str, mend: str) -> Finding:
    """Return a finding that is shown."""
    return Finding(finding, "warning", printable(where), printable(what), printable(mend))


def in_order(findings: list[Finding]) -> list[Finding]:
    """Return each finding once, errors first, then by id and place."""
    return sorted(dict.fromkeys(findings), key=lambda one: (one.severity != "error", one.id, one.where, one.what))


def printable(text: str) -> str:
    """Return a text, of which a tarball may have written parts, without what a terminal would act on."""
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in shown
    )
