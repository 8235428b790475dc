from __future__ import annotations

import os

import pytest

from serving.core.options import Options
from serving.hardware import usable_cores, visible_gpus
from serving.server import sizes

HERE = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, HERE),
        ({"cpu.max": "max 100000"}, HERE),
        ({"cpu.max": "100000 100000"}, 1),
        ({"cpu.max": "50000 100000"}, 1),
        ({"cpu.max": "99900000 100000"}, HERE),
        ({"cpu.max": "nonsense"}, HERE),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, HERE),
        ({"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"}, 1),
    ],
)
def test_the_containers_quota_limits_the_cores(tmp_path, files, cores):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text + "\n")
    assert usable_cores(tmp_path) == cores


@pytest.mark.parametrize(
    ("environment", "gpus"),
    [
        ({}, 2),
        ({"CUDA_VISIBLE_DEVICES": ""}, 0),
        ({"CUDA_VISIBLE_DEVICES": "-1"}, 0),
        ({"CUDA_VISIBLE_DEVICES": "1"}, 1),
        ({"CUDA_VISIBLE_DEVICES": "0,1,2"}, 2),
    ],
)
def test_gpus_are_counted_without_cuda(tmp_path, environment, gpus):
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    assert visible_gpus(environment, tmp_path) == gpus


def test_no_devices_are_no_gpus(tmp_path):
    assert visible_gpus({}, tmp_path / "gone") == 0


def test_settings_win_over_the_hardware():
    assert sizes(Options(workers=3, threads=5)) == (3, 5)
    assert sizes(Options(workers=1000)) == (1000, 1)
    assert sizes(Options(device="cpu"))[0] == 1
