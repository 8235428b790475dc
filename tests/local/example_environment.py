"""The examples of environments/examples/ that AWS on this machine can act out, in one environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from assets.checkout import ROOT

EXAMPLES = ROOT / "environments" / "examples"
ELSEWHERE = {
    "cifar10": "test_systems.py",
    "linear-serve": "test_systems.py",
    "own-dockerfile": "test_own_container.py",
    "pinned-tag": "test_ray_serve_soak.py",
    "real-time": "test_ray_serve_soak.py",
    "resnet50": "test_systems.py",
    "sdk-defaults": "test_systems.py",
    "synpg": "test_systems.py",
}
"""Examples with a model, a container or a server of their own, and the test that deploys such a one."""


def together() -> dict[str, Path]:
    """Return the files of all other examples by their names."""
    return {path.stem: path for path in sorted(EXAMPLES.glob("*.yaml")) if path.stem not in ELSEWHERE}


def settings_of_all(model: Path) -> dict[str, Any]:
    """Return the settings of one environment with the endpoints of all examples, with one model."""
    settings: dict[str, Any] = {"endpoints": {}}
    for path in together().values():
        example = yaml.safe_load(path.read_text())
        settings["endpoints"] |= {name: _own(one, model) for name, one in example["endpoints"].items()}
        settings |= {key: example[key] for key in ("encryption", "github") if key in example}
    return settings


def _own(endpoint: dict[str, Any], model: Path) -> dict[str, Any]:
    for part in (endpoint, endpoint.get("shadow"), *endpoint.get("variants", {}).values()):
        if part and "model" in part:
            part["model"] = str(model)
    return without_waits(endpoint)


def without_waits(endpoint: dict[str, Any]) -> dict[str, Any]:
    """Change an endpoint's rollout, if it has one; return the endpoint.

    Its waits would be real seconds here, and how slow an answer is says nothing of the model on a busy machine.
    """
    if "rollout" in endpoint:
        waits = {"wait_interval_in_seconds", "termination_wait_in_seconds"} & endpoint["rollout"].keys()
        endpoint["rollout"] |= dict.fromkeys(waits, 0)
        if "alarms" in endpoint["rollout"]:
            endpoint["rollout"]["alarms"]["model_latency_p99_in_milliseconds"] = None
    return endpoint
