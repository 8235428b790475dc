"""What is remembered of each image that the image builder was asked for: what stands in for it on this machine."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from local_aws.sagemaker.software.dockerfile import Recipe
from serving import __file__ as _serving

_SERVING = Path(_serving).parent
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_CANONICAL = re.compile(r"[-_.]+")


@dataclass(frozen=True)
class KnownImage:
    """An image from a user's own Dockerfile.

    Parameters
    ----------
    base
        The image that it builds on.
    requirements
        A requirements file with the pip packages that it adds; None where it adds none.
    left_out
        What of pip's arguments could not be read.
    """

    base: str
    requirements: Path | None
    left_out: tuple[str, ...]


class ImageRecipes:
    """Keeps the recipes, one file an image, by the digest of its name.

    Parameters
    ----------
    folder
        Where they lie: the image builder's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, image: str, recipe: Recipe) -> Path | None:
        """Remember the recipe of an image; the packages of the serving software itself stay as they are.

        Returns
        -------
        Path or None
            A requirements file with the others; None where there are none.
        """
        ours = _own_packages()
        lines = tuple(line for line in recipe.requirements if _canonical(line) not in ours)
        self._path(image).write_text(json.dumps(asdict(recipe) | {"requirements": lines}), encoding="utf-8")
        packages = [line for line in lines if not line.startswith("-")]
        if not packages:
            self._requirements(image).unlink(missing_ok=True)
            return None
        self._requirements(image).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self._requirements(image)

    def copy(self, image: str, other: str) -> None:
        """Remember for another name of an image what is remembered of it."""
        for path, target in (
            (self._path(image), self._path(other)),
            (self._requirements(image), self._requirements(other)),
        ):
            if path.exists():
                target.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")

    def find(self, image: str) -> KnownImage | None:
        """Return what is known of an image; None for one that was not built from a user's own Dockerfile."""
        try:
            record = json.loads(self._path(image).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        requirements = self._requirements(image)
        return KnownImage(
            base=record["base"],
            requirements=requirements if requirements.exists() else None,
            left_out=tuple(record["left_out"]),
        )

    def manifest_path(self, image: str) -> Path:
        """Return where the image builder keeps the manifest of an image."""
        return self._folder / f"{hashlib.sha256(image.encode()).hexdigest()}.json"

    def _path(self, image: str) -> Path:
        return self.manifest_path(image).with_suffix(".recipe.json")

    def _requirements(self, image: str) -> Path:
        return self._path(image).with_suffix(".txt")


def is_own(dockerfile: Path) -> bool:
    """Whether a Dockerfile is the slim container's."""
    return dockerfile.read_bytes() == (_SERVING / "Dockerfile").read_bytes()


def _own_packages() -> set[str]:
    lines = (_SERVING / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return {_canonical(line) for line in lines} - {""}


def _canonical(requirement: str) -> str:
    """Return the normalized name of a requirement (PEP 503); empty for an option or a comment."""
    name = _NAME.match(requirement)
    return _CANONICAL.sub("-", name[0]).lower() if name and not requirement.startswith("-") else ""
