"""Checks of a file's own text: Python syntax and secrets."""

import re
import sys
from collections.abc import Iterator
from itertools import islice

from assets.inspection.finding import MOST, Finding, error, warning
from assets.inspection.target import Target
from assets.python_source import parse_python

_KEY_ID = re.compile(rb"(?<![A-Za-z0-9/+])(A(?:KIA|SIA)[A-Z0-9]{16})(?![A-Za-z0-9/+=])")
_SECRET = re.compile(
    rb"(?i:secret|aws_?[a-z_]{0,16}key)[^\r\n]{0,40}?(?<![A-Za-z0-9/+])([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
)
_NEW_SYNTAX = re.compile(r"""\b[fFtT][rR]?["']|^\s*type\s+\w|\b(?:def|class)\s+\w+\s*\[|^\s*except\b""")
"""Statements that Python 3.12 (PEP 695 and 701) and 3.14 (PEP 750 and 758) extended."""
_EXAMPLE = b"EXAMPLE"
_SHOWN = 4
_MEND = "Deactivate the key in IAM, remove it here, and let the container use its execution role."


def secrets_in(name: str, text: bytes) -> Iterator[Finding]:
    """Find AWS's access key ids (`AKIA`, `ASIA`) and 40-character secrets beside a word such as `secret`.

    The shapes are those of *IAM identifiers*, "Unique identifiers", and of AWS's own documentation; its example
    keys, which hold the word EXAMPLE, are no findings. No key is ever shown as a whole.
    """
    for match in islice(_KEY_ID.finditer(text), MOST):
        key = match[1]
        if _EXAMPLE not in key:
            shown = key[:_SHOWN].decode()
            what = f"{shown}… looks like an AWS access key id, which everyone who has the tarball reads."
            yield error("aws-access-key-id", _at(name, text, match.start(1)), what, _MEND)
    for match in islice(_SECRET.finditer(text), MOST):
        key = match[1]
        if _is_mixed(key) and _EXAMPLE not in key:
            what = "40 characters look like an AWS secret access key, which everyone who has the tarball reads."
            yield error("aws-secret-key", _at(name, text, match.start(1)), what, _MEND)


def syntax_of(name: str, source: bytes, target: Target) -> Finding | None:
    """Judge a Python file by the container's Python, as far as the running one can.

    `ast` refuses most syntax that is newer than the version it is told. Where the container's Python is newer
    than the running one, a line that the running one refuses may be new syntax: what looks like it is a warning.
    """
    running = sys.version_info[:2]
    problem = _problem(name, source, min(target.python, running))
    if problem is None:
        return None
    where = f"{name}, line {problem.lineno}" if problem.lineno else name
    container = ".".join(map(str, target.python))
    message = f"{type(problem).__name__}: {problem.msg}"
    if target.python > running and _may_be_new(problem):
        what = f"{message} in Python {'.'.join(map(str, running))}; the container's {container} may accept it."
        return warning("syntax-undecided", where, what, f"Run slipway with Python {container} to be sure.")
    what = f"{message}: Python {container} of {target.container} cannot import it."
    return error("syntax-error", where, what, "Correct it.")


def _problem(name: str, source: bytes, version: tuple[int, int]) -> SyntaxError | None:
    try:
        parse_python(source, filename=name, feature_version=version, to_the_end=True)
    except SyntaxError as problem:
        return problem
    except (ValueError, RecursionError, MemoryError, OverflowError):  # null bytes, or too deep for the parser
        return SyntaxError("it is no Python that could be read")
    return None


def _may_be_new(problem: SyntaxError) -> bool:
    return problem.msg.startswith(("f-string", "t-string")) or bool(_NEW_SYNTAX.search(problem.text or ""))


def _is_mixed(key: bytes) -> bool:
    """Whether it has all kinds of characters; a digest in hexadecimal has not."""
    return all(re.search(kind, key) for kind in (rb"[a-z]", rb"[A-Z]", rb"[0-9]"))


def _at(name: str, text: bytes, place: int) -> str:
    line = text.count(b"\n", 0, place) + 1
    return f"{name}, line {line}"
