"""A tarball with vendored dependencies, served without pip and without a network."""

import http.client
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
import torch

from assets.tarball import write_tarball
from assets.vendored.plan import plan_vendored
from assets.vendored.resolve import update_lock

ROOT = Path(__file__).resolve().parents[4]

# idna is also installed where the server runs: the tarball's own has to win.
HANDLER = """\
import json

import apple
import idna


def predict_fn(data, model):
    return {"apple": apple.VERSION, "idna": idna.WHERE, "rows": len(data)}


def output_fn(prediction, accept):
    return json.dumps(prediction), accept
"""


@pytest.fixture
def model_dir(ask, make_wheel, tmp_path) -> Path:
    """Unpack a tarball whose handler imports what is vendored."""
    make_wheel("apple", requires=["idna"])
    make_wheel("idna", files={"idna.py": "WHERE = __file__\n"})
    model = ask("apple")
    update_lock(model, "slim", progress=lambda _: None)
    members = plan_vendored(model, "slim").members(tmp_path, lambda _: None)
    weights = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 1)), weights)
    others = {"code/inference.py": HANDLER.encode(), "model.pt": weights.getvalue(), "serving.json": b"{}"}
    write_tarball(tmp_path / "model.tar.gz", {**members, **others})
    with tarfile.open(tmp_path / "model.tar.gz") as tar:
        tar.extractall(tmp_path / "model", filter="data")
    return tmp_path / "model"


def test_the_container_starts_without_pip_and_the_handler_finds_its_packages(model_dir, tmp_path):
    log = tmp_path / "log"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PIP_")},
        "PYTHONPATH": str(ROOT),
        "PIP_INDEX_URL": "http://127.0.0.1:9/never",
        "PIP_CONFIG_FILE": "/dev/null",
    }
    command = [sys.executable, "-m", "serving", "serve", "--model-dir", str(model_dir), "--port", "0"]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=environment, stdout=output, stderr=output) as server,
    ):
        try:
            port = _port(server, log)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("POST", "/invocations", "[[1, 2]]", {"Content-Type": "application/json"})
            response = connection.getresponse()
            body = response.read()
            connection.close()
        finally:
            server.terminate()
    assert response.status == 200, body + log.read_bytes()
    answer = json.loads(body)
    assert (answer["apple"], answer["rows"]) == ("1.0", 1)
    assert answer["idna"] == str(model_dir / "code/lib/idna.py")
    assert server.returncode == 0


def _port(server: "subprocess.Popen[bytes]", log: Path) -> int:
    """Wait until the server says that it is ready, and where."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for line in log.read_text().splitlines():
            if '"ready"' in line and (port := re.search(r'"port":\s*(\d+)', line)):
                return int(port[1])
        assert server.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(f"the server was not ready in time: {log.read_text()}")
