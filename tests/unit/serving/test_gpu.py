"""What is different on a GPU; skipped where CUDA is not."""

from __future__ import annotations

import json

import pytest
import torch

from serving.core.handler import Handler
from serving.core.messages import Request
from serving.core.responder import Responder
from serving.core.settings import read_settings

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]

ROWS = [[0.5] * 10, [1.0] * 10]


def answered(folder, rows=ROWS):
    responder = Responder(Handler(read_settings(folder, {})))
    return next(responder.respond([Request(json.dumps(rows).encode())]))[1]


def test_the_default_functions_answer_on_the_gpu_as_the_model_does(model_dir, linear):
    answer = answered(model_dir())
    wanted = linear(torch.tensor(ROWS))
    assert torch.allclose(torch.tensor(json.loads(answer.body)), wanted, atol=1e-5)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_autocast_answers_nearly_the_same(model_dir, linear, dtype):
    answer = answered(model_dir(settings={"serving": {"autocast_dtype": dtype}}))
    assert torch.allclose(torch.tensor(json.loads(answer.body)), linear(torch.tensor(ROWS)), atol=0.02)


def test_a_handlers_data_and_context_name_the_gpu(model_dir):
    answer = answered(
        model_dir("""
            def predict_fn(data, model, context):
                return {"device": str(data.device), "gpu": context.system_properties["gpu_id"]}
        """)
    )
    assert json.loads(answer.body) == {"device": "cuda:0", "gpu": 0}


def test_the_cpu_can_be_chosen(model_dir):
    code = "def predict_fn(data, model): return {'device': str(data.device)}"
    answer = answered(model_dir(code, settings={"serving": {"device": "cpu"}}))
    assert json.loads(answer.body) == {"device": "cpu"}
