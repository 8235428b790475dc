"""What this process may really use: cores and GPUs."""

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path

_DEVICES = Path("/dev")
_GPU = re.compile(r"nvidia\d+")
_CGROUPS = Path("/sys/fs/cgroup")


def usable_cores(cgroups: Path = _CGROUPS) -> int:
    """Return the number of cores, as the scheduler's mask and the container's quota leave them; at least 1.

    Parameters
    ----------
    cgroups
        Where the kernel shows the container's limits: `cpu.max` (version 2), or `cpu/cpu.cfs_quota_us` and
        `cpu/cpu.cfs_period_us` (version 1).
    """
    try:
        allowed = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every platform
        allowed = os.cpu_count() or 1
    quota = _quota(cgroups)
    return allowed if quota is None else max(1, min(allowed, math.ceil(quota)))


def visible_gpus(environment: Mapping[str, str], devices: Path = _DEVICES) -> int:
    """Return the number of GPUs that CUDA will see, without asking it, which would take a process its memory.

    Parameters
    ----------
    environment
        Read for `CUDA_VISIBLE_DEVICES`, which hides some.
    devices
        Where the kernel shows them, as `nvidia0` and so on.
    """
    try:
        found = sum(1 for device in devices.iterdir() if _GPU.fullmatch(device.name))
    except OSError:
        return 0
    named = environment.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return found
    return min(found, sum(1 for name in named.split(",") if name.strip() not in {"", "-1"}))


def _quota(cgroups: Path) -> float | None:
    """Return the cores that the quota is worth; None where there is none."""
    try:
        quota, period = (cgroups / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (cgroups / "cpu/cpu.cfs_quota_us").read_text().strip()
            period = (cgroups / "cpu/cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    try:
        cores = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):  # "max" is no limit
        return None
    return cores if cores > 0 else None
