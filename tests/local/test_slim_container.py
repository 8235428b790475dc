"""The slim container without docker: the Dockerfile's COPY, RUN and ENTRYPOINT in an empty environment."""

from __future__ import annotations

import fnmatch
import http.client
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from assets.container_catalogue import own_container

CONTEXT = Path(__file__).resolve().parents[2] / "serving"
SAMPLE = np.linspace(-1, 1, 20).reshape(2, 10)


class Linear(torch.nn.Module):
    """Ten numbers to two probabilities."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(10, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.layer(x), dim=-1)


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions with their arguments."""
    text = re.sub(r"^\s*#.*\n", "", (CONTEXT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]


def arguments_of(name: str) -> list[str]:
    return [arguments for instruction, arguments in instructions() if instruction == name]


class Build:
    """Carries out the instructions below a folder that stands for the image's root.

    Parameters
    ----------
    root
        The folder; the paths /opt/... of the Dockerfile are moved into it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.entry_point: list[str] = []
        subprocess.run([sys.executable, "-m", "venv", str(root / "venv")], check=True)
        passed_on = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        path = f"{root / 'venv/bin'}:/usr/bin:/bin"
        self.environment = {**passed_on, "PATH": path, "HOME": str(Path.home())}
        self.arguments: dict[str, str] = {}

    def run(self) -> Build:
        """Carry out every instruction; one that is not known fails."""
        known = {
            "ARG": self._arg,
            "ENV": self._env,
            "COPY": self._copy,
            "RUN": self._run,
            "ENTRYPOINT": self._start,
        }
        for name, arguments in instructions():
            if name not in {"FROM", "LABEL", "EXPOSE"}:
                known[name](arguments.replace("/opt/", f"{self.root}/opt/"))
        return self

    def _arg(self, arguments: str) -> None:
        name, _, default = arguments.partition("=")
        self.arguments[name] = default if _answers(default) else ""

    def _env(self, arguments: str) -> None:
        self.environment.update(pair.split("=", 1) for pair in shlex.split(arguments))

    def _copy(self, arguments: str) -> None:
        source, target = arguments.split()
        if source != ".":
            assert not self._ignored(Path(source))
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CONTEXT / source, target)
            return
        for file in sorted(path for path in CONTEXT.rglob("*") if path.is_file()):
            name = file.relative_to(CONTEXT)
            if not self._ignored(name):
                copy = Path(target) / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copy)

    def _run(self, arguments: str) -> None:
        environment = {**self.environment, **self.arguments}
        done = subprocess.run(
            ["/bin/sh", "-c", arguments],
            check=False,
            env=environment,
            cwd=self.root,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _start(self, arguments: str) -> None:
        self.entry_point = json.loads(arguments)

    @staticmethod
    def _ignored(name: Path) -> bool:
        """Whether .dockerignore leaves a file, or a folder that it lies in, out of the build context."""
        lines = (CONTEXT / ".dockerignore").read_text().splitlines()
        patterns = [line.removeprefix("**/") for line in lines if line and not line.startswith("#")]
        return any(fnmatch.fnmatch(part, pattern) for part in name.parts for pattern in patterns)


def npy(array) -> bytes:
    body = io.BytesIO()
    np.save(body, array)
    return body.getvalue()


def _answers(index: str) -> bool:
    """Whether the CPU wheel index is there; without a network, or behind a mirror, plain pip has to do."""
    try:
        with urllib.request.urlopen(f"{index}/torch/", timeout=4) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def expected(build: Build) -> np.ndarray:
    """Put a model where SageMaker puts it, and return its own answer to the sample."""
    torch.manual_seed(0)
    model = Linear().eval()
    folder = build.root / "opt/ml/model"
    folder.mkdir(parents=True)
    torch.jit.save(torch.jit.script(model), folder / "model.pt")
    (folder / "warm_up.body").write_bytes(npy(SAMPLE))
    warm_up = {"body": "warm_up.body", "content_type": "application/x-npy", "accept": "application/json"}
    (folder / "serving.json").write_text(json.dumps({"warm_up": warm_up}))
    with torch.inference_mode():
        return model(torch.from_numpy(SAMPLE).float()).numpy()


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    root = tmp_path_factory.mktemp("image")
    yield Build(root).run()
    shutil.rmtree(root)  # torch is large, and pytest keeps what tests leave


@pytest.fixture(scope="module")
def container(build: Build, expected: np.ndarray):
    """The container's process, started as SageMaker starts it; `port` is its port."""
    command, *arguments = build.entry_point
    program = shutil.which(command, path=build.environment["PATH"])
    process = subprocess.Popen(
        [program, *arguments, "serve"],
        cwd=build.root,
        env={**build.environment, "SAGEMAKER_BIND_TO_PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    line = process.stdout.readline()
    assert '"ready"' in line, line + process.stdout.read()
    process.port = json.loads(line)["port"]
    yield process
    process.kill()
    process.communicate()


def request(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, names)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def test_what_the_dockerfile_promises():
    (base,) = arguments_of("FROM")
    assert re.fullmatch(r"python:3\.12\.\d+-slim-\w+", base)
    assert arguments_of("EXPOSE") == ["8080"]
    assert arguments_of("LABEL") == ["com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true"]
    assert arguments_of("USER") == []
    assert "PYTHONUNBUFFERED=1" in arguments_of("ENV")[0]


def test_the_cuda_build_takes_pytorch_of_that_cuda_and_sees_the_gpus(tmp_path):
    fake = tmp_path / "pip"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    fake.chmod(0o755)
    index = own_container().build("gpu").torch_index
    (command,) = arguments_of("RUN")
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "TORCH_INDEX_URL": index}
    done = subprocess.run(["/bin/sh", "-c", command], env=environment, capture_output=True, text=True, check=True)
    arguments = done.stdout.splitlines()
    assert arguments[arguments.index("--extra-index-url") + 1] == index == "https://download.pytorch.org/whl/cu130"
    assert arguments[-2:] == ["--requirement", "/opt/slipway/requirements.txt"]
    variables = dict(pair.split("=", 1) for pair in shlex.split(arguments_of("ENV")[0]))
    assert variables["NVIDIA_VISIBLE_DEVICES"] == "all"
    assert set(variables["NVIDIA_DRIVER_CAPABILITIES"].split(",")) == {"compute", "utility"}


def test_without_an_index_pip_takes_its_own():
    (command,) = arguments_of("RUN")
    script = f"pip() {{ printf '%s\\n' \"$@\"; }}; {command}"
    done = subprocess.run(
        ["/bin/sh", "-c", script], env={"TORCH_INDEX_URL": ""}, capture_output=True, text=True, check=True
    )
    assert "--extra-index-url" not in done.stdout.splitlines()


def test_the_dockerfile_builds_for_cpus_when_it_is_told_nothing():
    assert arguments_of("ARG") == [f"TORCH_INDEX_URL={own_container().build('cpu').torch_index}"]


def test_the_image_holds_the_software_and_no_weights(build, expected):
    files = {file.name for file in (build.root / "opt/slipway").rglob("*") if file.is_file()}
    assert {"__main__.py", "requirements.txt"} <= files
    assert not {name for name in files if not name.endswith(".py")} - {"requirements.txt"}
    assert build.entry_point[-2:] == ["--host", "0.0.0.0"]  # noqa: S104 - a container is reached from outside


def test_it_answers_as_the_model_does(container, expected):
    assert request(container.port, "GET", "/ping")[0] == 200
    status, body = request(container.port, "POST", "/invocations", json.dumps(SAMPLE.tolist()).encode())
    assert status == 200
    assert np.allclose(json.loads(body), expected, rtol=0, atol=1e-6)
    kinds = {"Content_Type": "application/x-npy", "Accept": "application/x-npy"}
    status, body = request(container.port, "POST", "/invocations", npy(SAMPLE), **kinds)
    assert status == 200
    assert np.allclose(np.load(io.BytesIO(body)), expected, rtol=0, atol=1e-6)


def test_it_ends_on_sigterm(container):
    container.send_signal(signal.SIGTERM)
    assert container.wait(60) == 0
