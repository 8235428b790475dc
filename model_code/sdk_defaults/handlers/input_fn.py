"""input_fn alone: a content type of one's own, a tensor in the format of torch.save.

Such a file is a pickle, and a pickle can run any code when it is read; `weights_only=True` reads nothing but
tensors and plain containers. A content type that promises a pickle is refused.
"""

import io

import torch
from torch import Tensor

TENSOR = "application/x-pt"


def input_fn(body: bytes, content_type: str) -> Tensor:
    """Read one tensor of pixels; a ValueError is the client's mistake, and answered with 400."""
    if content_type != TENSOR:
        raise ValueError(f"the content type {content_type} is not supported; send {TENSOR}")
    try:
        pixels = torch.load(io.BytesIO(body), map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can make torch's readers raise anything
        raise ValueError("the body is no tensor that torch.save wrote") from error
    if not isinstance(pixels, Tensor) or not pixels.is_floating_point():
        raise ValueError("the body has to hold one tensor of floating-point numbers")
    return pixels.float()
