"""Room on the disk that holds packages, the local AWS and its images."""

from __future__ import annotations

import os
import shutil

from assets import checkout
from slipway.doctor.finding import Finding

_GIGABYTE = 2**30
_LITTLE = 1 * _GIGABYTE
_SOME = 5 * _GIGABYTE
"""Ray Serve for endpoints on this machine takes half a GB, an image of PyTorch several."""

_ROOM = "Make room; `make clean` removes what can be made again"


def disk_finding() -> Finding:
    """Check that there is room in the checkout, and that it can be written."""
    free = shutil.disk_usage(checkout.ROOT).free
    what = f"{free / _GIGABYTE:,.1f} GB free"
    if not os.access(checkout.ROOT, os.W_OK):
        mend = "Take a checkout of your own: packages and state are written into it"
        return Finding("disk", "wrong", f"{checkout.ROOT} cannot be written", mend)
    if free < _LITTLE:
        return Finding("disk", "wrong", what, _ROOM)
    return Finding("disk", "warning", what, _ROOM) if free < _SOME else Finding("disk", "ok", what)
