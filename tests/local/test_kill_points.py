"""A deployment or a destruction whose CDK CLI is killed can be repeated until it is done.

`make soak` kills 30 times; `SLIPWAY_SOAK_KILLS` says how often else, `SLIPWAY_SOAK_SEED` at which moments (0).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest

from .conftest import Project
from .kill_points import KillPoints

KILLS = int(os.environ.get("SLIPWAY_SOAK_KILLS", "30"))
SEED = int(os.environ.get("SLIPWAY_SOAK_SEED", "0"))


@pytest.mark.timeout(900)
def test_what_was_killed_is_deployed_or_destroyed_when_it_is_repeated(
    new_project: Callable[[str], Project],
) -> None:
    points = KillPoints(new_project("killed"), seed=1)
    told = [
        points.kill_and_finish("deploy", "deploy"),
        points.kill_and_finish("destroy", "destroy"),
        points.kill_and_finish("deploy", "destroy"),
    ]
    assert all(one["killed"] for one in told), told


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_thirty_random_kills(new_project: Callable[[str], Project]) -> None:
    points = KillPoints(new_project("killed"), SEED, models=2)
    began, kills = time.monotonic(), 0
    while kills < KILLS:
        told = points.random_kill()
        kills += told["killed"]
        seconds = round(time.monotonic() - began)
        print(f"kills={kills}/{KILLS} seconds={seconds} {told}", flush=True)  # noqa: T201
