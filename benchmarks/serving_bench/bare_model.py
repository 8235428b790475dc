"""The model alone, in a process of its own: `python bare_model.py MODEL.pt IMAGE.npy THREADS`.

It chooses the faster of `torch.jit.freeze` and `torch.jit.optimize_for_inference`. Then, for each line of standard
input, a number of seconds, it calls the model for so long and prints what each call took, as JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

_TRIES = 10
_WARM_UPS = 3  # TorchScript specializes a graph in its first calls


def main(model: str, image: str, threads: str) -> None:
    """Serve standard input."""
    torch.set_num_threads(int(threads))
    data = torch.from_numpy(np.load(image))
    with torch.inference_mode():
        ways: list[Callable[[Any], Any]] = [torch.jit.freeze, torch.jit.optimize_for_inference]
        candidates = [way(torch.jit.load(model).eval()) for way in ways]
        for candidate in candidates:
            for _ in range(_WARM_UPS):
                candidate(data)
        best = min(candidates, key=lambda candidate: statistics.median(_calls(candidate, data, count=_TRIES)))
        print("ready", flush=True)
        for line in sys.stdin:
            print(json.dumps(_calls(best, data, seconds=float(line))), flush=True)


def _calls(model: Any, data: torch.Tensor, *, seconds: float = 3600.0, count: int = 10**9) -> list[float]:
    took: list[float] = []
    end = time.perf_counter() + seconds
    while len(took) < count and time.perf_counter() < end:
        began = time.perf_counter()
        model(data)
        took.append(time.perf_counter() - began)
    return took


if __name__ == "__main__":
    main(*sys.argv[1:])
