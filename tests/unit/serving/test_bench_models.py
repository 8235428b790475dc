"""The models of the benchmarks: their weights, their names, and what their samples expect."""

from __future__ import annotations

import importlib.util
import io
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from assets.model_folder import find_model
from assets.samples import load_samples
from serving.core.codecs import decode
from serving.core.model_input import model_input

MODELS = Path(__file__).resolve().parents[3] / "model_code"


def created(name: str) -> torch.nn.Module:
    spec = importlib.util.spec_from_file_location(f"{name}_model", MODELS / name / "model.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(MODELS / name), *sys.path])
        spec.loader.exec_module(module)
    sys.modules.pop("resnet", None)
    return module.create_model().eval()


@pytest.fixture(scope="module")
def resnet() -> torch.nn.Module:
    return created("bench_resnet50")


def assert_answers_its_samples(name: str, model: torch.nn.Module) -> None:
    samples = load_samples(find_model(name))
    assert samples
    for sample in samples:
        takes = model_input(model, torch.device("cpu"))
        with torch.inference_mode():
            answer = model(takes.cast_all(decode(sample.body, sample.content_type))).numpy()
        is_npy = sample.accept == "application/x-npy"
        expected = np.load(io.BytesIO(sample.expected)) if is_npy else np.array(json.loads(sample.expected))
        assert answer.shape == expected.shape
        assert np.allclose(answer, expected, rtol=0, atol=sample.tolerance)


def test_the_perceptron_answers_its_samples():
    assert_answers_its_samples("bench_mlp", created("bench_mlp"))


def test_resnet_50_answers_its_samples(resnet):
    assert_answers_its_samples("bench_resnet50", resnet)


def test_the_weights_come_from_a_seed_and_leave_the_callers_random_numbers_alone():
    state = torch.random.get_rng_state()
    first, second = created("bench_mlp").state_dict(), created("bench_mlp").state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert torch.equal(state, torch.random.get_rng_state())


def test_resnet_50_has_the_names_and_sizes_of_torchvisions(resnet):
    """320 entries and 25,557,032 weights are those of torchvision.models.resnet50."""
    block = r"layer[1-4]\.\d\.(conv[123]|bn[123]|downsample\.[01])"
    names = re.compile(rf"(conv1|bn1|fc|{block})\.(weight|bias|running_mean|running_var|num_batches_tracked)")
    state = resnet.state_dict()
    assert len(state) == 320
    assert [name for name in state if not names.fullmatch(name)] == []
    assert sum(weight.numel() for weight in resnet.parameters()) == 25_557_032
    assert {"layer1.0.downsample.0.weight", "layer4.2.bn3.running_var", "fc.bias"} <= state.keys()


@pytest.mark.parametrize("name", ["bench_mlp", "bench_resnet50"])
def test_the_readme_is_short(name):
    assert len((MODELS / name / "README.md").read_text().splitlines()) <= 40
