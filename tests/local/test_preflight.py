"""What a trial finds never reaches AWS: the real CDK CLI against an endpoint that notes every call."""

from __future__ import annotations

import http.server
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from local_aws.client_environment import client_environment

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / ".venv" / "bin"


@dataclass
class RecordingAws:
    """An AWS that refuses every call and remembers which services were asked."""

    url: str
    services: list[str]


class _Refusal(http.server.BaseHTTPRequestHandler):
    services: list[str]

    def handle_one_request(self) -> None:
        """Refuse a request of any method."""
        self.raw_requestline = self.rfile.readline()
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", self.headers.get("Authorization", ""))
        self.services.append(scope[1] if scope else self.path)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Write nothing."""


@pytest.fixture
def recording_aws() -> Iterator[RecordingAws]:
    services: list[str] = []
    handler = type("Refusal", (_Refusal,), {"services": services})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield RecordingAws(f"http://127.0.0.1:{server.server_port}", services)
        server.shutdown()
        thread.join()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A model whose expected answer is wrong, and an environment that hosts it."""
    model = tmp_path / "model"
    shutil.copytree(ROOT / "model_code/linear", model)
    sample = yaml.safe_load((model / "samples/json-row.yaml").read_text())
    sample["expected"][1] += 0.01
    (model / "samples/json-row.yaml").write_text(yaml.safe_dump(sample))
    settings = {
        "project": "untried",
        "account": "000000000000",
        "region": "us-east-1",
        "removal": "destroy",
        "endpoints": {"scores": {"model": str(model), "container": "slim", "hosting": {"type": "serverless"}}},
    }
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments/local.yaml").write_text(yaml.safe_dump(settings))
    return tmp_path


def deploy(project: Path, aws: RecordingAws, *context: str) -> subprocess.CompletedProcess[str]:
    arguments = ["-c", "env=local", "-c", f"environments={project / 'environments'}"]
    arguments += [part for pair in context for part in ("-c", pair)]
    arguments += ["--output", str(project / "cdk.out")]
    own = client_environment(aws.url, "000000000000", "us-east-1", project / "images")
    return subprocess.run(
        [BIN / "cdk", "deploy", "--all", "--require-approval", "never", "--no-color", *arguments],
        cwd=ROOT,
        env={"HOME": str(project), "PATH": f"{BIN}:/usr/bin:/bin", "CDK_DISABLE_CLI_TELEMETRY": "true", **own},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_a_model_whose_samples_fail_never_reaches_the_first_call_of_a_deployment(project, recording_aws):
    failed = deploy(project, recording_aws)
    assert failed.returncode != 0
    assert f"{project / 'model/samples/json-row.yaml'}: the answer is not the expected one: [1] is 0.7096" in (
        failed.stderr
    )
    assert "Traceback" not in failed.stderr
    # Before the app runs, the CLI asks whose credentials it has. That is all.
    assert set(recording_aws.services) <= {"sts"}
    assert not list((project / "cdk.out").glob("*.template.json"))


def test_the_trial_can_be_left_out_and_the_deployment_goes_on(project, recording_aws):
    refused = deploy(project, recording_aws, "preflight=false")
    assert refused.returncode != 0
    assert "the answer is not the expected one" not in refused.stderr
    assert list((project / "cdk.out").glob("*.template.json"))
    assert set(recording_aws.services) - {"sts"}


def test_the_command_stops_as_well_unless_told_otherwise(project):
    command = [BIN / "slipway", "package", str(project / "model"), "--json"]
    failed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1].startswith("error: ")
    assert failed.stdout == ""
    passed = subprocess.run(
        [*command, "--no-preflight"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert json.loads(passed.stdout)["preflight"] == []
