"""Docker, or what CDK_DOCKER names, where an image has to be built."""

from __future__ import annotations

import os
import shutil
import subprocess

from slipway.doctor.finding import Finding
from stacks.containers import container as catalogue_entry
from stacks.settings import CatalogueContainer, DockerfileContainer, EnvironmentSettings

VARIABLE = "CDK_DOCKER"
"""The program that the CDK CLI builds images with, in the place of docker (AWS CDK Developer Guide)."""

_PATIENCE = 5.0
"""Seconds."""

_LOCAL_BUILDER = "slipway-image-builder"


def docker_finding(settings: EnvironmentSettings) -> Finding:
    """Check that images can be built, if the environment needs any.

    Parameters
    ----------
    settings
        Of the environment.
    """
    building = endpoints_with_own_image(settings)
    if not building:
        return Finding("docker", "skipped", "not needed: no endpoint's image is built here")
    why = f"builds the image of {', '.join(building)}"
    program = os.environ.get(VARIABLE) or "docker"
    found = shutil.which(program)
    if found is None:
        mend = f"Install docker, or set {VARIABLE} to another builder, such as podman or finch"
        return Finding("docker", "wrong", f"there is no {program}, which {why}", mend)
    if os.path.basename(found) == _LOCAL_BUILDER:  # noqa: PTH119 (a name is wanted, not a path)
        return Finding("docker", "ok", f"the image builder of the local AWS {why}")
    problem = _problem(found)
    if problem:
        return Finding("docker", "wrong", f"{found}, which {why}, does not answer: {problem}", f"Start {program}")
    return Finding("docker", "ok", f"{found} {why}")


def endpoints_with_own_image(settings: EnvironmentSettings) -> list[str]:
    """List the endpoints of which a variant runs in an image that is built at deployment."""
    return [
        name
        for name, endpoint in settings.endpoints.items()
        if any(_is_built(variant.container) for variant in endpoint.all_variants)
    ]


def _is_built(container: object) -> bool:
    if isinstance(container, CatalogueContainer):
        return catalogue_entry(container.name).repository is None
    return isinstance(container, DockerfileContainer)


def _problem(program: str) -> str | None:
    """Return why a builder cannot be used, None when it can: its daemon or machine answers."""
    try:
        done = subprocess.run([program, "info"], capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return f"nothing came for {_PATIENCE:g} s"
    except (OSError, UnicodeDecodeError) as error:
        return str(error)
    if done.returncode == 0:
        return None
    words = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return words[-1] if words else f"it ended with {done.returncode}"
