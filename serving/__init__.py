"""The serving software of the slim container: one model directory behind `GET /ping` and `POST /invocations`.

It answers through `model_fn`, `input_fn`, `predict_fn` and `output_fn` of the user's handler and runs alone: it
needs torch, numpy and uvicorn, uses orjson where present, and imports nothing else of this repository.
Start it with `python -m serving --model-dir DIR`.

    __main__ -> settings, installer, server -> handler (user_code, defaults, codecs), worker, app

A handler may raise `serving.BadRequest` to answer 400 with a reason of its own.
"""

from serving.errors import BadRequest

__all__ = ["BadRequest"]
