"""AWS has no instance of the type to give at the moment."""

from __future__ import annotations

import re

from slipway.explain.causes.matching import first_match
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding

# Source: SageMaker's FailureReason of endpoints, as in github.com/DIAGNijmegen/rse-grand-challenge, issue 2631.
_NO_CAPACITY = re.compile(
    r"InsufficientInstanceCapacity|CapacityError|Unable to provision requested ML compute capacity"
    r"|does not have sufficient capacity"
)


def no_capacity(evidence: Evidence) -> Finding | None:
    """Find a lack of instances at AWS."""
    match = first_match(evidence.said, _NO_CAPACITY)
    if match is None:
        return None
    types = {getattr(one.hosting, "instance_type", None) for one in evidence.subject.settings.all_variants}
    wanted = ", ".join(sorted(one for one in types if one)) or "the instance type"
    return Finding(
        "no-capacity",
        f"AWS has no free {wanted} in {evidence.subject.region} at the moment; it is no quota of yours",
        (match.quote,),
        "Deploy again later, or choose another instance_type; in a VPC, subnets in more availability zones help",
    )
