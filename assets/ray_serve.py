"""What a tarball holds so that AWS's Ray Serve container serves it: configuration, entry point and software.

That container runs `serve run /opt/ml/model/config.yaml` with the tarball's top on PYTHONPATH; it does not know
the functions of a handler. `serving/ray` does, and goes along with the modules that it needs.
"""

from collections.abc import Mapping
from functools import cache

import yaml
from pydantic import BaseModel, ConfigDict, Field

from assets.checkout import ROOT
from assets.source_files import list_files

PACKAGE = "slipway_serving"
"""The name of serving/ in a tarball; no package of PyPI, and no module of a handler, has it."""

CONFIG = "config.yaml"
DEPLOYMENT = "deployment.py"

_NEEDED = ("core/", "ray/", "hardware.py")
"""What the bridge reaches of serving/, written out: to follow its imports anew would slow each synth."""

_PUBLIC = '''"""Serves this model in AWS's Ray Serve container; a handler imports BadRequest from here."""

from .core import BadRequest

__all__ = ["BadRequest"]
'''
_BUILDER = '''"""What config.yaml names: the Ray Serve application of the folder that this file lies in."""

from pathlib import Path

from slipway_serving.ray.deployment import application


def build_app(settings):
    return application(Path(__file__).resolve().parent, settings)
'''


class RayServeSettings(BaseModel):
    """The section `ray_serve` of `model.yaml`: what is Ray Serve's alone.

    How many replicas there are, how long a request may take and how many may wait is said once for all containers,
    in the section `serving`.

    Parameters
    ----------
    num_gpus
        GPUs of one replica on an instance that has any, such as 0.5 for two replicas on each; 1 where left out.
    max_ongoing_requests
        Requests that one replica holds, those that wait in it included; twice its batch where left out.
    max_queued_requests
        Requests that wait for a replica, answered 503 beyond; `serving.queue_size` where left out.
    health_check_period_s, health_check_timeout_s
        How often Ray Serve asks a replica for its health, and how long it waits for the answer, in seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    num_gpus: float | None = Field(default=None, ge=0.01, le=16)
    max_ongoing_requests: int | None = Field(default=None, ge=1, le=100_000)
    max_queued_requests: int | None = Field(default=None, ge=1, le=1_000_000)
    health_check_period_s: float | None = Field(default=None, ge=0.1, le=3600)
    health_check_timeout_s: float | None = Field(default=None, ge=0.1, le=3600)


def ray_members(settings: RayServeSettings) -> dict[str, bytes]:
    """Return the members by their names in the tarball.

    Parameters
    ----------
    settings
        Those of the model.
    """
    return {CONFIG: _config(settings), DEPLOYMENT: _BUILDER.encode(), **_software()}


@cache
def _software() -> Mapping[str, bytes]:
    serving = list_files(ROOT / "serving")
    modules = {
        name: file.path.read_bytes()
        for name, file in serving.items()
        if name.startswith(_NEEDED) and name.endswith(".py")
    }
    return {f"{PACKAGE}/{name}": content for name, content in {**modules, "__init__.py": _PUBLIC.encode()}.items()}


def _config(settings: RayServeSettings) -> bytes:
    application = {
        "name": "model",
        "route_prefix": "/",
        "import_path": "deployment:build_app",
        "args": settings.model_dump(exclude_none=True),
    }
    return yaml.safe_dump({"applications": [application]}, sort_keys=True).encode()
