"""The handler core: one model directory, one request in, one answer out.

It needs torch and numpy, uses orjson where present, and imports nothing outside this folder, by relative imports
alone: the folder works under any package name. In a container's Python it is `slipway_serving`.

    settings -> handler (user_code, model_file, defaults, codecs) -> responder (batching) -> answer

A handler raises `slipway_serving.BadRequest` to answer 400 with a reason of its own.
"""

from .errors import BadRequest

__all__ = ["BadRequest"]
