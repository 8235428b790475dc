"""The serving software of the slim container: one model directory behind `GET /ping` and `POST /invocations`.

It answers through `model_fn`, `input_fn`, `predict_fn` and `output_fn` of the user's handler and runs alone: it
needs torch, numpy and uvicorn, uses orjson where present, and imports nothing else of this repository.
Start it with `python -m serving --model-dir DIR`.

    __main__ -> installer, server -> web, protocol -> app -> pool -> model_process ~ channel ~ worker -> core

The process that owns the port never imports torch: it takes requests in, queues them and hands them to worker
processes, each of which holds the model. So a worker may die without a connection breaking.
"""

from .core import BadRequest

__all__ = ["BadRequest"]
