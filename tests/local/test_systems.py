"""The five systems of docs/systems.md in one environment, compared with their models called in torch."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import tarfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from botocore.exceptions import ClientError
from PIL import Image

from assets.checkout import ROOT
from assets.model_folder import find_model
from assets.samples import load_samples
from slipway import PredictionError, Predictor

from ..unit.model_code.folder_modules import modules_of  # noqa: TID252 - as the unit tests import them
from .conftest import ACCOUNT, Machine
from .example_environment import without_waits
from .systems import ROLE, Systems, deployed_systems

pytestmark = pytest.mark.timeout(900)  # a training, and a deployment of seven endpoints

NPY = "application/x-npy"
ROWS = [[0.5, -1.2, 3.3, 0.0, 1.1, -0.7, 2.4, 0.9, -2.0, 0.1], [1.0] * 10]
PIXELS = np.float32([[0.9, 0.2, 0.1], [0.1, 0.1, 0.8], [0.95, 0.9, 0.2]])
LINES = 6


@pytest.fixture(scope="module")
def systems(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Systems]:
    with deployed_systems(machine, tmp_path_factory.mktemp("systems")) as deployed:
        yield deployed


def in_torch(folder: Path, *tensors: torch.Tensor) -> Any:
    """Call the model of a folder directly."""
    with torch.inference_mode():
        return modules_of(folder).model.create_model().eval()(*tensors)


def npy(array: np.ndarray) -> bytes:
    body = io.BytesIO()
    np.save(body, array)
    return body.getvalue()


PICTURES = [("jpeg", "picture.jpg", "rings"), ("png", "picture.png", "triangle")]
"""Kind, file and class of the pictures among the samples of model_code/resnet50."""


@pytest.mark.parametrize("endpoint", ["linear", "linear-serve"])
def test_linear_answers_as_the_model_in_torch(systems: Systems, endpoint: str) -> None:
    answer = json.loads(systems.invoke(endpoint, json.dumps(ROWS).encode()))
    expected = in_torch(systems.model(endpoint), torch.tensor(ROWS)).numpy()
    np.testing.assert_allclose(answer, expected, rtol=0, atol=1e-6)


class TestLinearServe:
    """A tutorial's way: in real time, with a role of the user's and a handler of another name."""

    def test_the_role_is_the_one_that_the_user_brought(self, systems: Systems) -> None:
        assert systems.sagemaker_model("linear-serve")["ExecutionRoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
        assert "AWS::IAM::Role" not in systems.project.resources("linear-serve")

    def test_it_is_in_service_on_one_instance(self, systems: Systems) -> None:
        variant = systems.variant("linear-serve")
        assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.c7i.large", 1)

    def test_the_tarball_in_s3_has_the_model_and_the_handler(self, systems: Systems) -> None:
        url = systems.sagemaker_model("linear-serve")["PrimaryContainer"]["ModelDataUrl"]
        bucket, _, key = url.removeprefix("s3://").partition("/")
        body = systems.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            assert {"model.pt", "code/serve.py", "code/model.py"} <= set(tar.getnames())


class TestSynpg:
    """Serverless, from the model's own Dockerfile."""

    @pytest.fixture(scope="class")
    @classmethod
    def requests(cls, systems: Systems) -> list[dict[str, str]]:
        lines = (systems.model("synpg") / "corpus.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines[:LINES]]

    @pytest.fixture(scope="class")
    @classmethod
    def expected(cls, systems: Systems, requests: list[dict[str, str]]) -> list[str]:
        """What the same model answers when torch calls it."""
        folder = systems.model("synpg")
        modules = modules_of(folder)
        words = modules.vocabulary.load_vocabulary(folder)
        paraphraser = modules.model.create_model().eval()

        def answer(request: dict[str, str]) -> str:
            rows = [words.sentence(request["sent"])]
            rows += [
                words.tags(modules.trees.linearized(modules.trees.read_tree(request[key])))
                for key in ("synt", "tmpl")
            ]
            sentence, _ = paraphraser(*(torch.tensor([ids]) for ids in rows))
            return str(words.text(sentence[0].tolist()))

        with torch.inference_mode():
            return [answer(request) for request in requests]

    def test_the_paraphrase_is_that_of_the_model_in_torch(
        self, systems: Systems, requests: list[dict[str, str]], expected: list[str]
    ) -> None:
        assert json.loads(systems.invoke("synpg", json.dumps(requests[0]).encode())) == expected[0]

    def test_each_line_of_a_file_is_paraphrased(
        self, systems: Systems, requests: list[dict[str, str]], expected: list[str], tmp_path: Path
    ) -> None:
        file = tmp_path / "requests.jsonl"
        file.write_text("".join(json.dumps(request) + "\n" for request in requests))
        done = systems.project.slipway("invoke", "synpg", "--file", str(file))
        assert [json.loads(line) for line in done.stdout.splitlines()] == expected

    def test_it_is_serverless_and_its_image_is_built_from_the_models_dockerfile(self, systems: Systems) -> None:
        assert systems.variant("synpg")["ServerlessConfig"]["MemorySizeInMB"] == 2048
        image = systems.sagemaker_model("synpg")["PrimaryContainer"]["Image"]
        repository, _, tag = image.partition("/")[2].partition(":")
        wanted = {"repositoryName": repository, "imageIds": [{"imageTag": tag}]}
        [found] = systems.client("ecr").describe_images(**wanted)["imageDetails"]
        assert tag in found["imageTags"]

        name = systems.endpoint_name("synpg")
        [served] = [one for one in systems.project.machine.status()["endpoints"] if one["name"] == name]
        assert "FROM python:3.12.13-slim-trixie" in served["variants"][0]["note"]


class TestCifar10:
    """Trained by `slipway train`, then hosted."""

    @pytest.fixture(scope="class")
    @classmethod
    def modules(cls, systems: Systems) -> SimpleNamespace:
        return modules_of(systems.model("cifar10"))

    @pytest.fixture(scope="class")
    @classmethod
    def pixels(cls, systems: Systems, modules: SimpleNamespace) -> np.ndarray:
        """Images that the training did not see."""
        loaded: np.ndarray = modules.python_batches.load_images(systems.images, modules.python_batches.TEST)[0]
        return loaded

    def test_a_batch_is_answered_as_by_the_model_in_torch(
        self, systems: Systems, pixels: np.ndarray, modules: SimpleNamespace
    ) -> None:
        images = modules.images.normalize(pixels)
        answer = np.load(io.BytesIO(systems.invoke("cifar10", npy(images.numpy()), NPY, NPY)))
        np.testing.assert_allclose(answer, in_torch(systems.model("cifar10"), images).numpy(), atol=1e-3)

    def test_an_image_file_is_answered_with_its_class(
        self, systems: Systems, pixels: np.ndarray, modules: SimpleNamespace, tmp_path: Path
    ) -> None:
        Image.fromarray(pixels[0].transpose(1, 2, 0)).save(tmp_path / "picture.png")
        answered = systems.project.slipway("invoke", "cifar10", "--image", str(tmp_path / "picture.png"))
        [answer] = json.loads(answered.stdout)
        scores = in_torch(systems.model("cifar10"), modules.images.normalize(pixels[:1]))[0]
        assert answer["class"] == modules.images.CLASSES[int(scores.argmax())]
        np.testing.assert_allclose(list(answer["scores"].values()), scores.numpy(), atol=1e-3)

    def test_the_training_role_is_deployed_and_found(self, systems: Systems) -> None:
        name = f"/{systems.project.name}/local/training-role-arn"
        arn = systems.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
        assert systems.client("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]["Arn"] == arn


class TestResnet50:
    """In real time on GPU instances, autoscaled, updated by a canary."""

    @pytest.mark.parametrize(("kind", "file", "label"), PICTURES)
    def test_an_image_is_answered_as_by_the_model_in_torch(
        self, systems: Systems, kind: str, file: str, label: str
    ) -> None:
        folder, content_type = systems.model("resnet50"), f"image/{kind}"
        body = (folder / "samples" / file).read_bytes()
        expected = in_torch(folder, modules_of(folder).image_input.read_image(body, 10**7)).numpy()
        found = np.load(io.BytesIO(systems.invoke("resnet50", body, content_type, NPY)))
        np.testing.assert_allclose(found, expected, atol=1e-4)
        likeliest, *others = json.loads(systems.invoke("resnet50", body, content_type))
        assert (likeliest["label"], len(others)) == (label, 2)
        assert likeliest["score"] == pytest.approx(expected.max(), abs=1e-3)

    def test_a_url_is_refused_and_the_refusal_says_how_to_turn_it_on(self, systems: Systems) -> None:
        with pytest.raises(ClientError) as raised:
            systems.invoke("resnet50", b'{"url": "https://169.254.169.254/latest/meta-data/"}')
        assert raised.value.response["OriginalStatusCode"] == 400
        assert "hosts of classifier.toml" in raised.value.response["OriginalMessage"]

    def test_its_gpu_instances_scale_and_an_update_is_a_canary(self, systems: Systems) -> None:
        variant = systems.variant("resnet50")
        assert variant["InstanceType"] == "ml.g5.xlarge"
        resource = f"endpoint/{systems.endpoint_name('resnet50')}/variant/{variant['VariantName']}"
        [target] = systems.client("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="sagemaker", ResourceIds=[resource]
        )["ScalableTargets"]
        assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 6)
        template = systems.client("cloudformation").get_template(StackName=systems.project.stack("resnet50"))
        body = template["TemplateBody"]
        resources = (yaml.safe_load(body) if isinstance(body, str) else body)["Resources"].values()
        [endpoint] = [one for one in resources if one["Type"] == "AWS::SageMaker::Endpoint"]
        policy = endpoint["Properties"]["DeploymentConfig"]["BlueGreenUpdatePolicy"]
        routing = policy["TrafficRoutingConfiguration"]
        assert routing["Type"] == "CANARY"
        assert routing["CanarySize"] == {"Type": "INSTANCE_COUNT", "Value": 1}


class TestSdkDefaults:
    """Without a handler; once more with one function and a requirement; and the clients."""

    @pytest.fixture(scope="class")
    @classmethod
    def expected(cls, systems: Systems) -> np.ndarray:
        probabilities: np.ndarray = in_torch(systems.model("sdk-defaults"), torch.from_numpy(PIXELS)).numpy()
        return probabilities

    @pytest.fixture
    def predictor(self, systems: Systems, monkeypatch: pytest.MonkeyPatch) -> Predictor:
        monkeypatch.setenv("SLIPWAY_ENVIRONMENTS", str(systems.project.environments))
        monkeypatch.setenv("SLIPWAY_LOCAL_FOLDER", str(systems.project.machine.folder))
        return Predictor("sdk-defaults", env="local")

    def test_predict_sends_and_receives_arrays(self, predictor: Predictor, expected: np.ndarray) -> None:
        before = dict(os.environ)
        answer = predictor.predict(PIXELS)
        assert answer.dtype == np.float32
        np.testing.assert_allclose(answer, expected, rtol=0, atol=1e-6)
        np.testing.assert_allclose(predictor.predict(PIXELS.tolist()), expected, rtol=0, atol=1e-6)
        assert dict(os.environ) == before

    def test_what_the_model_does_not_take_is_refused_with_the_reason(self, predictor: Predictor) -> None:
        with pytest.raises(PredictionError, match="the model does not accept") as caught:
            predictor.predict(np.zeros((2, 4)))
        assert caught.value.status == 400

    def test_a_tensor_goes_to_the_input_fn_and_the_requirement_is_installed(
        self, systems: Systems, expected: np.ndarray
    ) -> None:
        body = io.BytesIO()
        torch.save(torch.from_numpy(PIXELS), body)
        told = json.loads(systems.invoke("tensors", body.getvalue(), "application/x-pt"))
        assert told["version"] == 1
        np.testing.assert_allclose(told["probabilities"], expected, rtol=0, atol=1e-6)

    def test_the_sagemaker_sdk_drives_the_endpoint(self, systems: Systems, expected: np.ndarray) -> None:
        example = ROOT / "docs" / "examples" / "sagemaker_core_endpoint.py"
        parameter = f"/{systems.project.name}/local/sdk-defaults/endpoint-name"
        done = systems.project.machine.run("python", str(example), parameter, json.dumps(PIXELS.tolist()))
        status, answer = done.stdout.splitlines()[-2:]
        assert status == "InService"
        np.testing.assert_allclose(json.loads(answer), expected, rtol=0, atol=1e-6)

    @pytest.mark.skipif(not find_spec("sagemaker.serve"), reason="the extra sdk is not installed")
    def test_the_whole_sagemaker_sdk_sends_and_receives_arrays(
        self, systems: Systems, expected: np.ndarray
    ) -> None:
        example = ROOT / "docs" / "examples" / "sagemaker_sdk_arrays.py"
        parameter = f"/{systems.project.name}/local/sdk-defaults/endpoint-name"
        done = systems.project.machine.run(sys.executable, str(example), parameter, json.dumps(PIXELS.tolist()))
        shape, answer = done.stdout.splitlines()[-2:]
        assert shape == "{} {}".format(*expected.shape)
        np.testing.assert_allclose(json.loads(answer), expected, rtol=0, atol=1e-6)

    def test_slipway_invoke_sends_a_file_of_arrays(
        self, systems: Systems, expected: np.ndarray, tmp_path: Path
    ) -> None:
        np.savetxt(tmp_path / "pixels.csv", PIXELS, delimiter=",")
        answer = systems.project.slipway("invoke", "sdk-defaults", "--file", str(tmp_path / "pixels.csv"))
        np.testing.assert_allclose(json.loads(answer.stdout), expected, rtol=0, atol=1e-6)


@pytest.mark.soak  # every endpoint starts anew
def test_each_is_updated_and_answers_as_before(systems: Systems, tmp_path: Path) -> None:
    samples = {
        name: load_samples(find_model(str(systems.model(name))))[0]
        for name in systems.settings.endpoints
        if name != "tensors"  # beside the five, and without samples
    }
    models = {name: systems.sagemaker_model(name)["ModelName"] for name in samples}
    before = {name: systems.invoke(name, sample.body, sample.content_type) for name, sample in samples.items()}
    endpoints = yaml.safe_load((systems.project.environments / "local.yaml").read_text())["endpoints"]
    for name, endpoint in endpoints.items():
        folder = shutil.copytree(systems.model(name), tmp_path / name)
        settings = folder / "model.yaml"
        told = yaml.safe_load(settings.read_text()) if settings.exists() else {}
        settings.write_text(yaml.safe_dump({**told, "serving": {"request_timeout": 41}}))
        without_waits(endpoint)["model"] = str(folder)
    systems.project.write(endpoints=endpoints)

    systems.project.cdk("deploy", "--all", "--require-approval", "never", "--concurrency", "8")

    after = {name: systems.invoke(name, sample.body, sample.content_type) for name, sample in samples.items()}
    assert after == before
    assert not {systems.sagemaker_model(name)["ModelName"] for name in samples} & set(models.values())
