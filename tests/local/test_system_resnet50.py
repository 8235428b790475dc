"""model_code/resnet50, small, behind an autoscaled real-time GPU endpoint of AWS on this machine."""

from __future__ import annotations

import importlib
import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
import yaml
from botocore.exceptions import ClientError

from assets.checkout import ROOT

from .conftest import Machine, Project

pytestmark = pytest.mark.timeout(600)  # a deployment of two instances, each of which installs Pillow

FOLDER = ROOT / "model_code" / "resnet50"
EXAMPLE = ROOT / "environments" / "examples" / "resnet50.yaml"
TINY = """\
labels = ["cat", "dog", "owl", "bee"]
seeded = ["backbone", "head"]
[head]
hidden = 8
[backbone]
width = 4
blocks = [1, 1, 1, 1]
"""


@pytest.fixture(scope="module")
def project(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The example's own settings, with a network of a thousandth of the size."""
    made = Project(machine, tmp_path_factory.mktemp("resnet50"), "pictures")
    shutil.copytree(FOLDER, made.model, ignore=shutil.ignore_patterns("head.pth", "samples", "__pycache__"))
    (made.model / "classifier.toml").write_text(TINY)
    endpoint = yaml.safe_load(EXAMPLE.read_text())["endpoints"]["resnet50"]
    made.write(endpoints={"scores": {**endpoint, "model": str(made.model)}})
    made.deploy()
    yield made
    made.remove()


@pytest.fixture(scope="module")
def invoke(project: Project) -> Callable[..., bytes]:
    runtime = project.machine.client("sagemaker-runtime")
    name = project.machine.client("ssm").get_parameter(Name=f"/{project.name}/local/scores/endpoint-name")

    def send(body: bytes, content_type: str, accept: str = "application/json") -> bytes:
        answer = runtime.invoke_endpoint(
            EndpointName=name["Parameter"]["Value"], ContentType=content_type, Accept=accept, Body=body
        )
        return answer["Body"].read()

    return send


@pytest.fixture(scope="module")
def in_torch(project: Project) -> Callable[[bytes], np.ndarray]:
    """The same folder's model and preparation, called directly."""
    names = [path.stem for path in project.model.glob("*.py")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(project.model), *sys.path])
        model = importlib.import_module("model").create_model().eval()
        read_image = importlib.import_module("image_input").read_image
    for name in names:
        sys.modules.pop(name, None)

    def probabilities(body: bytes) -> np.ndarray:
        with torch.inference_mode():
            return model(read_image(body, 10**7)).numpy()

    return probabilities


@pytest.mark.parametrize(
    ("sample", "content_type"), [("picture.jpg", "image/jpeg"), ("picture.png", "image/png")], ids=["jpeg", "png"]
)
def test_invoke_endpoint_answers_an_image_as_the_model_in_torch(
    invoke: Callable[..., bytes], in_torch: Callable[[bytes], np.ndarray], sample: str, content_type: str
) -> None:
    body = (FOLDER / "samples" / sample).read_bytes()
    expected = in_torch(body)
    found = np.load(io.BytesIO(invoke(body, content_type, "application/x-npy")))
    np.testing.assert_allclose(found, expected, atol=1e-4)
    answer = json.loads(invoke(body, content_type))
    assert [item["label"] for item in answer] == [
        ("cat", "dog", "owl", "bee")[place] for place in np.argsort(-expected[0])[:3]
    ]


def test_a_url_is_refused_and_the_refusal_says_how_to_turn_it_on(invoke: Callable[..., bytes]) -> None:
    with pytest.raises(ClientError) as raised:
        invoke(b'{"url": "https://169.254.169.254/latest/meta-data/"}', "application/json")
    assert raised.value.response["OriginalStatusCode"] == 400
    assert "hosts of classifier.toml" in raised.value.response["OriginalMessage"]


def test_its_instances_scale_and_an_update_is_a_canary(project: Project) -> None:
    scaling = project.machine.client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 6)
    template = project.machine.client("cloudformation").get_template(StackName=project.stack("scores"))
    body = template["TemplateBody"]
    content = yaml.safe_load(body) if isinstance(body, str) else body
    (endpoint,) = [item for item in content["Resources"].values() if item["Type"] == "AWS::SageMaker::Endpoint"]
    routing = endpoint["Properties"]["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["Type"] == "CANARY"
    assert routing["CanarySize"] == {"Type": "INSTANCE_COUNT", "Value": 1}
