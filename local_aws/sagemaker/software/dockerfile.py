"""What a Dockerfile builds on, and which pip packages it installs, as far as that can be read without docker."""

from __future__ import annotations

import functools
import json
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from local_aws.sagemaker.software.pip_arguments import Installed, installed_by

_CONTINUED = re.compile(r"\\[ \t]*\n(?:[ \t]*#.*\n)*")
_COMMENT = re.compile(r"^[ \t]*#.*\n?", re.MULTILINE)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})")
_HEREDOC = re.compile(r"<<-?[\"']?(\w+)")


@dataclass(frozen=True)
class Recipe:
    """What an image is made of.

    Parameters
    ----------
    base
        The image that its last stage builds on.
    requirements
        The lines of a requirements file: what pip installs, from where.
    left_out
        What pip is given that cannot be read, as the Dockerfile has it.
    """

    base: str
    requirements: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Stage:
    """A stage, as far as it was read."""

    base: str
    folder: str = "/"
    copies: tuple[tuple[str, Path], ...] = ()
    installed: Installed = field(default_factory=Installed)


def read_dockerfile(dockerfile: Path, context: Path, arguments: Mapping[str, str] | None = None) -> Recipe:
    """Read a Dockerfile.

    Parameters
    ----------
    dockerfile
        The file.
    context
        The folder that it copies from.
    arguments
        Build arguments.
    """
    given = dict(arguments or {})
    variables: dict[str, str] = {}
    stages: dict[str, _Stage] = {}
    stage = _Stage(base="scratch")
    for instruction, text in _instructions(dockerfile.read_text(encoding="utf-8", errors="replace")):
        words = _expanded(text, variables)
        match instruction:
            case "ARG":
                name, _, default = words.partition("=")
                variables[name] = given.get(name, default.strip("\"'"))
            case "ENV":
                variables.update(_assignments(words))
            case "FROM":
                image, name = _from(words)
                inherited = stages.get(image.lower())
                stage = replace(inherited) if inherited else _Stage(base=image)
                stages[name or str(len(stages))] = stage
            case "WORKDIR":
                stage = replace(stage, folder=posixpath.normpath(posixpath.join(stage.folder, words)))
            case "COPY" | "ADD":
                stage = replace(stage, copies=(*stage.copies, *_copies(words, stage.folder, context)))
            case "RUN":
                found = installed_by(words, functools.partial(_original, stage), context)
                stage = replace(stage, installed=stage.installed + found)
        if instruction != "FROM" and stages:
            stages[list(stages)[-1]] = stage
    requirements, left_out = (
        dict.fromkeys(found) for found in (stage.installed.requirements, stage.installed.left_out)
    )
    return Recipe(stage.base, tuple(requirements), tuple(left_out))


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    lines = iter(_CONTINUED.sub(" ", _COMMENT.sub("", text)).splitlines())
    for line in lines:
        instruction, _, rest = line.strip().partition(" ")
        if heredoc := _HEREDOC.search(rest):
            body = list(iter(lambda: next(lines, heredoc[1]).strip(), heredoc[1]))
            rest = "\n".join(body) if instruction.upper() == "RUN" else ""
        if instruction:
            yield instruction.upper(), rest.strip()


def _expanded(text: str, variables: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        return variables.get(found[1] or found[2], found[3] if found[3] is not None else found[0])

    return _VARIABLE.sub(value, text)


def _assignments(words: str) -> dict[str, str]:
    parts = _split(words)
    if parts and "=" not in parts[0]:
        return {parts[0]: " ".join(parts[1:])}
    return dict(part.split("=", 1) for part in parts if "=" in part)


def _from(words: str) -> tuple[str, str]:
    parts = [part for part in words.split() if not part.startswith("--")]
    name = parts[2].lower() if len(parts) > 2 and parts[1].upper() == "AS" else ""  # noqa: PLR2004
    return (parts[0] if parts else "scratch"), name


def _copies(words: str, folder: str, context: Path) -> Iterator[tuple[str, Path]]:
    """Yield where in the image each file or folder of the context lies."""
    parts = json.loads(words) if words.startswith("[") else _split(words)
    if any(part.startswith("--from") for part in parts):
        return
    *sources, target = [part for part in parts if not part.startswith("--")] or [""]
    place = posixpath.normpath(posixpath.join(folder, target))
    into_folder = target.endswith("/") or len(sources) > 1 or target in {".", "./"}
    for source in sources:
        for path in sorted(context.glob(source.lstrip("/"))) if source not in {".", "./", "/"} else [context]:
            yield (posixpath.join(place, path.name) if into_folder and path.is_file() else place), path


def _original(stage: _Stage, path: str) -> Path | None:
    """Return the file of the context that lies at a path of the image; None where none is known to."""
    place = posixpath.normpath(posixpath.join(stage.folder, path))
    for target, source in reversed(stage.copies):
        if place == target and source.is_file():
            return source
        inside = place.removeprefix(target.rstrip("/") + "/")
        if inside != place and (source / inside).is_file():
            return source / inside
    return None


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # an open quotation mark
        return text.split()
