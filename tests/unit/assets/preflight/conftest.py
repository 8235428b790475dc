"""Packages whose servers behave as a test says: the tarball holds how, and a small server stands in for ours."""

import io
import os
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import psutil
import pytest

from assets import checkout
from assets.model_folder import ModelFolder, find_model
from assets.package import Package
from assets.preflight import Report, preflight, trial
from assets.preflight.server_choice import ServerChoice

# It answers as `answer(body, content_type)` of behaviour.py in the model directory does, which runs before it
# listens.
SERVER = """
import http.server, runpy, sys
from pathlib import Path

behaviour = runpy.run_path(str(Path(sys.argv[1]) / "behaviour.py"))

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply(200, "text/plain", b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.reply(*behaviour["answer"](body, self.headers["Content-Type"]))

    def reply(self, status, content_type, body):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass

http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
"""


@dataclass(frozen=True)
class Target:
    """Where a package is meant to run."""

    container: str = "slim"
    hosting: str | None = "serverless"
    memory_size_in_mb: int | None = 2048


@dataclass
class Toy:
    """A model `toy` and its package."""

    model: ModelFolder
    tarball: Path

    def sample(self, name: str, text: str) -> None:
        (self.model.path / "samples" / f"{name}.yaml").write_text(text)

    def behave(self, code: str) -> Package:
        """Pack how the server behaves."""
        return self.pack({"behaviour.py": dedent(code).encode()})

    def pack(self, files: dict[str, bytes]) -> Package:
        with tarfile.open(self.tarball, "w:gz") as tar:
            for name, content in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        digest = str(sorted(files.items()))
        return Package("toy", self.tarball, self.tarball.stat().st_size, digest, "inference.py")

    def try_out(
        self, package: Package, target: Target | None = None, **options: object
    ) -> tuple[Report, list[str]]:
        """Try a package; returns the report and the steps that were taken for it."""
        steps: list[str] = []
        report = preflight(package, self.model, target or Target(), progress=steps.append, **options)
        return report, steps

    def left(self) -> list[str]:
        """What is left on the disk."""
        folders = (checkout.STATE / "preflight").rglob("*")
        return sorted(
            path.name for path in folders if path.name in {"model", "behaviour.py"} or ".tmp" in path.name
        )

    def processes(self) -> list[psutil.Process]:
        """Processes whose command names the checkout of this test."""
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            command = " ".join(process.info["cmdline"] or [])
            if str(checkout.ROOT) in command and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process)
        return [process for process in found if process.pid != os.getpid()]


def stand_in(container: str, model_dir: Path, port: int, packages_dir: Path) -> ServerChoice:
    command = (sys.executable, "-c", SERVER, str(model_dir), str(port))
    return ServerChoice(container=container, command=command, environment={})


@pytest.fixture
def toy(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """A model with a sample, served by the small server."""
    monkeypatch.setattr(trial, "choose_server", stand_in)
    folder = root / "model_code/toy"
    (folder / "samples").mkdir(parents=True)
    (folder / "samples/one.yaml").write_text("body: [1.0, 2.0]\nexpected: [1.0, 2.0]\n")
    return Toy(find_model("toy"), tmp_path / "model.tar.gz")


@pytest.fixture
def target() -> type[Target]:
    """Make a target."""
    return Target
