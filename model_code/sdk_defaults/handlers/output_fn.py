"""output_fn alone: names instead of numbers in JSON; anything else is left to the server."""

import json

from torch import Tensor

COLOURS = ("black", "blue", "cyan", "green", "magenta", "red", "white", "yellow")
JSON = "application/json"


def output_fn(probabilities: Tensor, accept: str) -> tuple[bytes, str] | Tensor:
    """Write the most probable colour of each pixel, as bytes of the content type that the client accepts."""
    if accept != JSON:
        return probabilities
    best = probabilities.reshape(-1, len(COLOURS)).max(dim=-1)
    named = [
        {"colour": COLOURS[index], "probability": probability}
        for index, probability in zip(best.indices.tolist(), best.values.tolist(), strict=True)
    ]
    return json.dumps(named).encode(), JSON
