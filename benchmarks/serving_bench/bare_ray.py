"""A bare Ray Serve deployment of a TorchScript model; it lies in the tarball beside the bridge, as `bare_ray`."""

import json
from pathlib import Path

import torch
from ray import serve
from starlette.responses import Response


@serve.deployment(ray_actor_options={"num_cpus": 0}, max_ongoing_requests=64)
class Bare:
    """What one writes by hand: JSON in, the model, JSON out."""

    def __init__(self):
        torch.set_num_threads(1)
        self._model = torch.jit.freeze(torch.jit.load(Path(__file__).with_name("model.pt")).eval())

    async def __call__(self, request):
        """Answer one request."""
        rows = torch.tensor(json.loads(await request.body()), dtype=torch.float32)
        with torch.inference_mode():
            answer = self._model(rows)
        return Response(json.dumps(answer.tolist()), media_type="application/json")


app = Bare.bind()
