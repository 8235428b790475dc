"""Finds in seconds what would fail twenty minutes into a deployment.

In `inspection.py`, `inspect_members` judges what is about to be packed, `inspect_tarball` a tarball of any
origin, both for a `Target`; `review` sets aside what model.yaml acknowledges. Nothing here imports torch: the
operators that a model calls are listed by torch in a process of its own (`graph_process.py`).
"""

from assets.inspection.acknowledgements import Reviewed, review
from assets.inspection.finding import FINDINGS, Finding
from assets.inspection.target import Target, target_of

__all__ = ["FINDINGS", "Finding", "Reviewed", "Target", "review", "target_of"]
