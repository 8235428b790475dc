"""Each of the four functions does what the request's custom attributes ask for."""

import json

import numpy as np
import torch

ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"


def model_fn(model_dir, context):
    return {"dir": bool(model_dir), "batch_size": context.system_properties["batch_size"]}


def input_fn(body, content_type, context):
    asked = context.get_request_header(0, ATTRIBUTES) or ""
    if asked == "input-value-error":
        raise ValueError("the body is of no use")
    if asked == "input-fault":
        raise RuntimeError("input_fn is broken")
    if asked == "seen":
        return {"kind": type(body).__name__, "length": len(body), "content_type": content_type.split(";")[0]}
    return body if isinstance(body, str) else list(body)


def predict_fn(data, model, context):
    asked = context.get_request_header(0, ATTRIBUTES) or ""
    if asked == "predict-fault":
        raise RuntimeError("predict_fn is broken")
    if asked == "bad-request":
        from slipway_serving import BadRequest  # noqa: PLC0415 (TorchServe has none)

        raise BadRequest("send something else")
    return {"data": data, "model": model, "asked": asked}


RETURNS = {
    "text": lambda: "plain text",
    "empty": lambda: "",
    "bytes": lambda: b"\x00\x01\xff",
    "dict": lambda: {"a": 1, "b": [1.5, None, "c"]},
    "list": lambda: [1, "two", 3.5],
    "number": lambda: 3,
    "pair": lambda: ("<a/>", "application/xml"),
    "pair-of-bytes": lambda: (b"\x89PNG", "image/png"),
    "pair-of-dict": lambda: ({"a": 1}, "application/json"),
    "tensor": lambda: torch.tensor([[1.5, 2.5]]),
    "array": lambda: np.array([1, 2, 3]),
    "nested-tensor": lambda: {"scores": torch.tensor([0.5, 0.25])},
    "none": lambda: None,
    "object": object,
    "nan": lambda: torch.tensor([float("nan")]),
}


def output_fn(prediction, accept, context):
    asked = prediction["asked"]
    if asked == "output-fault":
        raise RuntimeError("output_fn is broken")
    if asked == "status":
        context.set_response_status(code=418, phrase="Teapot", idx=0)
        return json.dumps("short and stout")
    if asked in RETURNS:
        return RETURNS[asked]()
    return json.dumps({**prediction, "accept": accept}, sort_keys=True)
