"""model_code/synpg, deployed serverless from its own Dockerfile, and its corpus sent line by line."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import torch
import yaml

from assets.checkout import ROOT

from .conftest import Machine, Project

pytestmark = pytest.mark.timeout(600)  # a deployment whose image installs a package

FOLDER = ROOT / "model_code" / "synpg"
LINES = 6


@pytest.fixture(scope="module")
def paraphrases(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The endpoint of the example."""
    example = yaml.safe_load((ROOT / "environments/examples/synpg.yaml").read_text())
    project = Project(machine, tmp_path_factory.mktemp("paraphrases"), "paraphrases")
    project.write(endpoints={"scores": example["endpoints"]["synpg"]})
    project.deploy()
    yield project
    project.remove()


@pytest.fixture(scope="module")
def requests() -> list[dict[str, str]]:
    return [json.loads(line) for line in (FOLDER / "corpus.jsonl").read_text().splitlines()][:LINES]


@pytest.fixture(scope="module")
def expected(requests: list[dict[str, str]]) -> list[str]:
    """What the same model answers when torch calls it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(FOLDER), *sys.path])
        names = [file.stem for file in FOLDER.glob("*.py")]
        for name in names:
            patch.delitem(sys.modules, name, raising=False)
        model, trees, vocabulary = (importlib.import_module(name) for name in ("model", "trees", "vocabulary"))
        for name in names:
            sys.modules.pop(name, None)
    words = vocabulary.load_vocabulary(FOLDER)

    def answer(request: dict[str, str]) -> str:
        rows = [words.sentence(request["sent"])]
        rows += [words.tags(trees.linearized(trees.read_tree(request[key]))) for key in ("synt", "tmpl")]
        sentence, _ = paraphraser(*(torch.tensor([ids]) for ids in rows))
        return str(words.text(sentence[0].tolist()))

    paraphraser = model.create_model().eval()
    with torch.inference_mode():
        return [answer(request) for request in requests]


def test_invoke_endpoint_answers_the_paraphrase_as_the_model_in_torch(
    paraphrases: Project, requests: list[dict[str, str]], expected: list[str]
) -> None:
    response = paraphrases.machine.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=paraphrases.endpoint_name(), ContentType="application/json", Body=json.dumps(requests[0])
    )
    assert json.loads(response["Body"].read()) == expected[0]


def test_each_line_of_a_file_is_paraphrased(
    paraphrases: Project, requests: list[dict[str, str]], expected: list[str]
) -> None:
    file = paraphrases.folder / "requests.jsonl"
    file.write_text("".join(json.dumps(request) + "\n" for request in requests))

    done = paraphrases.slipway("invoke", "scores", "--file", str(file))

    assert [json.loads(line) for line in done.stdout.splitlines()] == expected


def test_it_is_serverless_and_its_image_is_built_from_the_models_dockerfile(paraphrases: Project) -> None:
    sagemaker = paraphrases.machine.client("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName=paraphrases.endpoint_name())
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    [variant] = config["ProductionVariants"]
    assert variant["ServerlessConfig"]["MemorySizeInMB"] == 2048
    image = sagemaker.describe_model(ModelName=variant["ModelName"])["PrimaryContainer"]["Image"]
    repository, _, tag = image.partition("/")[2].partition(":")
    ecr = paraphrases.machine.client("ecr")
    [found] = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])["imageDetails"]
    assert tag in found["imageTags"]

    [served] = [e for e in paraphrases.machine.status()["endpoints"] if e["name"] == paraphrases.endpoint_name()]
    note: Any = served["variants"][0]["note"]
    assert "FROM python:3.12.13-slim-trixie" in note
