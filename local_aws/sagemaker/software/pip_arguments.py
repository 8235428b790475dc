"""What the pip commands in a line of shell install."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_PIP = re.compile(r"(.*/)?pip[0-9.]*$")
_PYTHON = re.compile(r"(.*/)?python[0-9.]*$")
_SEPARATORS = {"&&", "||", ";", "|", "&", "(", ")", "\n"}
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[^\]]*\])?\s*([<>=!~;@ ].*)?$")
_FROM_FILE = ("-r", "--requirement")
_FLAGS = {"--no-index", "--pre", "--prefer-binary"}
_SOURCES = {"-i": "--index-url", "-f": "--find-links"} | {
    name: name for name in ("--index-url", "--extra-index-url", "--find-links", "--trusted-host")
}
# Other options of pip's that are followed by a value (pip 26, `pip install --help`).
_WITH_VALUE = {
    *("-c", "--constraint", "-b", "--build-constraint", "-t", "--target", "--platform", "--python-version"),
    *("--implementation", "--abi", "--root", "--prefix", "--src", "--upgrade-strategy", "-C", "--config-settings"),
    *("--no-binary", "--only-binary", "--progress-bar", "--report", "--group", "--root-user-action", "--python"),
    *("--log", "--proxy", "--retries", "--timeout", "--exists-action", "--cert", "--client-cert", "--cache-dir"),
    *("--keyring-provider", "--use-feature", "--use-deprecated", "--no-build-isolation-package", "-p"),
}


@dataclass(frozen=True)
class Installed:
    """What pip is told to install.

    Parameters
    ----------
    requirements
        The lines of a requirements file.
    left_out
        What cannot be read: a file that is not in the build context, a package from a path.
    """

    requirements: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def __add__(self, other: Installed) -> Installed:
        return Installed(self.requirements + other.requirements, self.left_out + other.left_out)


def installed_by(line: str, file_at: Callable[[str], Path | None], context: Path) -> Installed:
    """Read the pip commands of one RUN instruction, `uv pip` too.

    Parameters
    ----------
    line
        The instruction's words, in the shell's form or as JSON.
    file_at
        Returns the file of the build context that lies at a path of the image.
    context
        The build context: requirements files may include others that lie in it.
    """
    found = Installed()
    for command in _commands(line):
        arguments = _pip_install(command)
        if arguments is not None:
            found += _read(arguments, file_at, context)
    return found


def _commands(line: str) -> Iterator[list[str]]:
    if line.startswith("["):
        yield [str(word) for word in json.loads(line)]
        return
    words = shlex.shlex(line.replace("\n", " ; "), posix=True, punctuation_chars=";&|()")
    words.whitespace_split = True
    words.commenters = ""
    command: list[str] = []
    try:
        for word in words:
            if word in _SEPARATORS:
                yield command
                command = []
            else:
                command.append(word)
    except ValueError:  # an open quotation mark
        pass
    yield command


def _pip_install(command: list[str]) -> list[str] | None:
    """Return the arguments of `pip install`; None for another command."""
    for place, word in enumerate(command):
        is_module = _PYTHON.match(word) and command[place + 1 : place + 3] == ["-m", "pip"]
        if is_module or _PIP.match(word):
            rest = command[place + (3 if is_module else 1) :]
            return rest[1:] if rest[:1] == ["install"] else None
    return None


def _read(arguments: list[str], file_at: Callable[[str], Path | None], context: Path) -> Installed:
    found = Installed()
    words = iter(arguments)
    for word in words:
        name, joined, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name in _FROM_FILE or (word.startswith("-r") and not word.startswith("--")):
            path = value or (word[2:] if word.startswith("-r") and word != "-r" else next(words, ""))
            file = file_at(path)
            found += _of_file(file, context) if file else Installed(left_out=(f"-r {path}",))
        elif name in _SOURCES:
            found += _source(_SOURCES[name], value if joined else next(words, ""))
        elif name in _FLAGS:
            found += Installed((name,))
        elif name in _WITH_VALUE:
            _ = value if joined else next(words, "")
        elif not word.startswith("-"):
            fits = _REQUIREMENT.match(word) and not (context / word).exists()
            found += Installed((word,)) if fits else Installed(left_out=(word,))
    return found


def _source(option: str, value: str) -> Installed:
    """Read where packages come from; a folder of the image is not there on this machine."""
    line = f"{option} {value}"
    is_here = "://" in value or option == "--trusted-host"
    return Installed((line,)) if is_here else Installed(left_out=(line,))


def _of_file(file: Path, context: Path, including: tuple[Path, ...] = ()) -> Installed:
    found = Installed()
    text = file.read_text(encoding="utf-8", errors="replace").replace("\\\n", " ")
    for line in (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines()):
        option, _, value = line.replace("=", " ", 1).partition(" ")
        if option in _FROM_FILE:
            included = (file.parent / value.strip()).resolve()
            if included.is_file() and included.is_relative_to(context.resolve()) and included not in including:
                found += _of_file(included, context, (*including, included))
            else:
                found += Installed(left_out=(line,))
        elif option in _SOURCES:
            found += _source(_SOURCES[option], value.strip())
        elif option in _FLAGS or _REQUIREMENT.match(line.partition(" --hash")[0]):
            found += Installed((line.partition(" --hash")[0].strip(),))
        elif line:
            found += Installed(left_out=(line,))
    return found
