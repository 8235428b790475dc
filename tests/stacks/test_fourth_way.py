"""A way to host that there is not is added by one folder, and its name in `stacks/hosting/__init__.py`."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assets.checkout import ROOT

FOLDER = Path(__file__).with_name("fourth_way")
NAMED = {
    "\nfrom stacks.hosting.serverless.settings": "\nfrom stacks.hosting.reported.settings import ReportedHosting, "
    "ReportThresholds\nfrom stacks.hosting.serverless.settings",
    "| AsyncHosting,": "| AsyncHosting | ReportedHosting,",
    "class OwnThresholds(": "class OwnThresholds(ReportThresholds, ",
}
ENVIRONMENT = """
account: "123456789012"
region: eu-central-1
encryption: {bucket: made}
github: {repository: owner/name, environment: made}
endpoints:
  plain:
    model: linear
    container: slim
    hosting: {type: serverless}
  told:
    model: linear
    container: slim
    hosting:
      type: reported
      instance_type: ml.c7i.large
      initial_instance_count: 2
      report_topic: made
      autoscaling: {max_capacity: 4, target_value: 3}
    encryption: {topics: made}
    observability: {alarm_topic: made, alarms: {unwritten_reports: 9}}
"""
SYNTH = """
import json, sys
from pathlib import Path

from assets.package import Package
from stacks.environment_app import EnvironmentApp
from stacks.settings import load_environment
from stacks.targets import endpoint_target

folder, context = Path(sys.argv[1]), json.loads(sys.argv[2])
settings = load_environment("made", folder)
for endpoint in settings.endpoints.values():
    for variant in endpoint.all_variants:
        endpoint_target(endpoint, variant)
tarball = folder / "model.tar.gz"
tarball.write_bytes(b"packed")
package = Package(model="linear", path=tarball, size=6, digest="0" * 64, entry_point="inference.py")
EnvironmentApp(context, folder / "cdk.out").synthesize(settings, lambda endpoint, variant: package)
"""
CHECK = """
import sys
from pathlib import Path
from stacks.settings import SettingsError, load_environment

try:
    load_environment("made", Path(sys.argv[1]))
except SettingsError as error:
    print(error)
"""
SCHEMA = "from stacks.settings.schema import render; print(render())"

Run = Callable[..., str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a program on a copy of stacks/ that has the folder."""
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "stacks", copy / "stacks", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(FOLDER, copy / "stacks" / "hosting" / "reported", ignore=shutil.ignore_patterns("__pycache__"))
    union = copy / "stacks" / "hosting" / "__init__.py"
    text = union.read_text()
    for place, named in NAMED.items():
        assert text.count(place) == 1, place
        text = text.replace(place, named)
    union.write_text(text)
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(copy), str(ROOT)])}

    def output(program: str, *arguments: str) -> str:
        command = [sys.executable, "-c", program, *arguments]
        done = subprocess.run(command, cwd=copy, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return output


@pytest.fixture(scope="module")
def template(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """The templates of the environment, by the last part of the stacks' names."""
    folder = tmp_path_factory.mktemp("environments")
    (folder / "made.yaml").write_text(ENVIRONMENT)
    run(SYNTH, str(folder), json.dumps(json.loads((ROOT / "cdk.json").read_text())["context"]))

    def read(stack: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(
            (folder / "cdk.out" / f"Slipway-made-{stack}.template.json").read_text()
        )
        return content

    return read


def properties(template: dict[str, Any], resource_type: str) -> Iterator[dict[str, Any]]:
    for resource in template["Resources"].values():
        if resource["Type"] == f"AWS::{resource_type}":
            yield resource["Properties"]


def statements(template: dict[str, Any], resource_type: str) -> dict[str, dict[str, Any]]:
    (policy,) = properties(template, resource_type)
    return {one["Sid"]: one for one in policy["PolicyDocument"]["Statement"]}


def test_it_says_what_the_endpoint_is(template: Callable[[str], dict[str, Any]]) -> None:
    told = template("told")
    (endpoint,) = properties(told, "SageMaker::Endpoint")
    assert endpoint["EndpointName"] == "slipway-made-told-reported-c7i-large"
    assert endpoint["RetainAllVariantProperties"] is True
    (config,) = properties(told, "SageMaker::EndpointConfig")
    assert config["EnableNetworkIsolation"] is True
    (variant,) = config["ProductionVariants"]
    assert (variant["InstanceType"], variant["EnableSSMAccess"]) == ("ml.c7i.large", True)
    (target,) = properties(told, "ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)
    reports = "s3://slipway-made-artifacts-123456789012-eu-central-1/reports/told/"
    assert told["Outputs"]["Reports"]["Value"] == reports


def test_the_role_and_the_callers_may_do_what_it_needs(template: Callable[[str], dict[str, Any]]) -> None:
    told, github = template("told"), template("github")
    reports = "arn:aws:s3:::slipway-made-artifacts-123456789012-eu-central-1/reports/told/*"
    role = statements(told, "IAM::Policy")
    assert (role["WriteReports"]["Action"], role["WriteReports"]["Resource"]) == ("s3:PutObject", reports)
    assert {"NotifyOfReports", "EncryptInBucket", "PublishEncrypted"} <= role.keys()
    streamed = "sagemaker:InvokeEndpointWithResponseStream"
    callers = statements(told, "IAM::ManagedPolicy")
    assert callers["InvokeEndpoint"]["Action"] == ["sagemaker:InvokeEndpoint", streamed]
    deployer = statements(github, "IAM::Policy")
    arn = "arn:aws:sagemaker:eu-central-1:123456789012:endpoint/slipway-made-told-reported"
    assert deployer["InvokeStream"]["Action"] == streamed
    assert {arn, f"{arn}-*"} <= set(deployer["InvokeStream"]["Resource"])
    for allowed in (callers, deployer):
        assert (allowed["ReadReports"]["Action"], allowed["ReadReports"]["Resource"]) == ("s3:GetObject", reports)
        assert "UseBucketKey" in allowed


def test_it_is_watched(template: Callable[[str], dict[str, Any]]) -> None:
    told = template("told")
    thresholds = {one["MetricName"]: one["Threshold"] for one in properties(told, "CloudWatch::Alarm")}
    assert thresholds["UnwrittenReports"] == 9
    assert thresholds["DiskUtilization"] == 85
    (dashboard,) = properties(told, "CloudWatch::Dashboard")
    assert "What is reported?" in json.dumps(dashboard)


def test_the_other_ways_are_as_they_were(template: Callable[[str], dict[str, Any]]) -> None:
    plain = json.dumps(template("plain"))
    assert "ServerlessConfig" in plain
    assert "Report" not in plain


def test_the_schema_has_its_keys(run: Run) -> None:
    definitions = json.loads(run(SCHEMA))["$defs"]
    assert definitions["ReportedHosting"]["properties"]["report_topic"]["description"].startswith("The SNS topic")
    assert "unwritten_reports" in definitions["NotifyingAlarms"]["properties"]


def test_what_is_wrong_with_it_is_reported(run: Run, tmp_path: Path) -> None:
    wrong = ENVIRONMENT.replace("report_topic: made", "report_topic: made\n      report_prefix: silent")
    wrong = wrong.replace("initial_instance_count: 2", "initial_instance_count: 1")
    wrong = wrong.replace("    observability:", "    data_capture: {prefix: reports}\n    observability:")
    (tmp_path / "made.yaml").write_text(wrong)
    told = run(CHECK, str(tmp_path))
    assert "told.hosting.report_topic: nothing is reported there" in told
    assert "initial_instance_count is 1, and not from min_capacity, 2, to max_capacity, 4" in told
    assert "'reports' lies among what endpoints report" in told
    assert "reported endpoints capture no data" in told
