"""The checkout's Python: its version, where it runs, the pinned packages, and the build of PyTorch."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from assets import checkout
from slipway.doctor.finding import Finding

_SET_UP = "Set the checkout up: make setup"
_SHOWN = 5
"""How many packages a finding names."""


def python_finding() -> Finding:
    """Check the Python that runs this: the checkout's own, of a version that Slipway supports."""
    version, place = platform.python_version(), checkout.ROOT / ".venv"
    supported = importlib.metadata.metadata("slipway")["Requires-Python"]
    requirement = Requirement(f"slipway{supported}")
    if not requirement.specifier.contains(version):
        mend = "Say which Python to take: make setup PYTHON=python3.12"
        return Finding("Python", "wrong", f"{version}, and Slipway needs {supported}", mend)
    if Path(sys.prefix).resolve() != place.resolve():
        mend = f"Run {checkout.shown(place / 'bin' / 'slipway')}, or: source .venv/bin/activate"
        return Finding("Python", "warning", f"{version} in {sys.prefix}, which is not the checkout's .venv", mend)
    return Finding("Python", "ok", f"{version} in {checkout.shown(place)}")


def packages_finding() -> Finding:
    """Check that what requirements.txt pins is installed."""
    wrong = [problem for requirement in _pinned() if (problem := _problem(requirement))]
    if not wrong:
        return Finding("packages", "ok", "as requirements.txt pins them")
    more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    return Finding("packages", "wrong", f"{', '.join(wrong[:_SHOWN])}{more}", _SET_UP)


def torch_finding() -> Finding:
    """Check which hardware the build of PyTorch is for; it is not imported, which takes seconds."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return Finding("torch", "wrong", "PyTorch is not installed", _SET_UP)
    text = (Path(spec.origin).with_name("version.py")).read_text(encoding="utf-8")
    found = re.search(r"^cuda\b[^=]*= '([0-9.]+)'", text, re.MULTILINE)
    version = importlib.metadata.version("torch")
    if found:
        return Finding("torch", "ok", f"{version}, for CUDA {found[1]}")
    if shutil.which("nvidia-smi"):
        mend = "For models that are tried on the GPU: rm -r .venv && make setup"
        return Finding("torch", "warning", f"{version}, for the CPU, and there is an NVIDIA GPU", mend)
    return Finding("torch", "ok", f"{version}, for the CPU")


def _pinned() -> Iterator[Requirement]:
    for line in (checkout.ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        try:
            if text:
                yield Requirement(text)
        except InvalidRequirement:  # an option of pip's
            continue


def _problem(requirement: Requirement) -> str | None:
    if requirement.marker and not requirement.marker.evaluate():
        return None
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return f"{requirement.name} is missing"
    if requirement.specifier.contains(version, prereleases=True):
        return None
    return f"{requirement.name} is {version}, not {requirement.specifier}"
