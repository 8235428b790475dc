"""The trial of a package on this machine: its server is started, and every sample is sent to it.

`preflight` gives a `Report` or raises a `PreflightError`, so that what would fail minutes into a deployment fails
in seconds. Nothing that is imported from here imports torch, numpy or an AWS SDK.
"""

from assets.preflight.errors import PreflightError
from assets.preflight.limits import HostingTarget
from assets.preflight.report import Report, SampleReport
from assets.preflight.run import DEFAULT_TIME_LIMIT, preflight

__all__ = ["DEFAULT_TIME_LIMIT", "HostingTarget", "PreflightError", "Report", "SampleReport", "preflight"]
