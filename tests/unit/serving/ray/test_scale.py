"""How many replicas serve a model, and what Ray Serve grants each."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.core.errors import StartError
from serving.core.options import Batch, Options
from serving.ray.scale import RaySettings, deployment_options, replica_gpus, replicas


@pytest.mark.parametrize(
    ("gpus", "num_gpus", "workers", "count"),
    [
        (0, None, None, 1),
        (0, 0.5, None, 1),
        (0, None, 3, 3),
        (1, None, None, 1),
        (4, None, None, 4),
        (1, 0.5, None, 2),
        (4, 0.25, None, 16),
        (1, 0.1, None, 10),
        (4, 0.3, None, 12),
        (8, 2, None, 4),
        (4, None, 2, 2),
    ],
)
def test_gpus_decide_how_many_replicas_there_are(
    gpus: float, num_gpus: float | None, workers: int | None, count: int
) -> None:
    options = Options(workers=workers)
    each = replica_gpus(options, RaySettings(num_gpus=num_gpus), gpus)

    assert replicas(options, each, gpus) == count


def test_a_model_on_the_cpu_takes_no_gpu() -> None:
    assert replica_gpus(Options(device="cpu"), RaySettings(), gpus=4) == 0
    assert replicas(Options(device="cpu"), 0, gpus=4) == 1


def test_what_the_instance_has_not_is_refused_rather_than_waited_for() -> None:
    with pytest.raises(StartError, match=r"ray_serve\.num_gpus in model\.yaml is 2, but this instance has 1"):
        replica_gpus(Options(), RaySettings(num_gpus=2), gpus=1)
    with pytest.raises(StartError, match=r"serving\.workers in model\.yaml is 5, but the 2 GPUs"):
        replicas(Options(workers=5), 0.5, gpus=2)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(gpus=st.integers(0, 16), num_gpus=st.none() | st.floats(0.05, 1) | st.integers(1, 16).map(float))
def test_replicas_never_ask_for_more_than_there_is(gpus: int, num_gpus: float | None) -> None:
    try:
        each = replica_gpus(Options(), RaySettings(num_gpus=num_gpus), gpus)
    except StartError:
        assert num_gpus is not None
        assert num_gpus > gpus > 0
        return
    count = replicas(Options(), each, gpus)

    assert count >= 1
    assert count * each <= gpus + 1e-6


def test_no_replica_waits_for_a_cpu() -> None:
    assert deployment_options(Options(), RaySettings(), 64, 0)["ray_actor_options"] == {
        "num_cpus": 0,
        "num_gpus": 0,
    }


@pytest.mark.parametrize(
    ("options", "ray", "ongoing", "queued"),
    [
        (Options(), RaySettings(), 64, 128),
        (Options(batch=Batch(1)), RaySettings(), 8, 128),
        (Options(batch=Batch(16), queue_size=5), RaySettings(), 32, 5),
        (Options(queue_size=5), RaySettings(max_ongoing_requests=1, max_queued_requests=2), 1, 2),
    ],
)
def test_limits_come_from_the_settings(options: Options, ray: RaySettings, ongoing: int, queued: int) -> None:
    made = deployment_options(options, ray, 1, 0)

    assert (made["max_ongoing_requests"], made["max_queued_requests"]) == (ongoing, queued)
