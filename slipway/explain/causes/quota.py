"""The account may not have so many instances, or so much serverless memory or concurrency."""

from __future__ import annotations

import re

from slipway.explain.causes.matching import first_match, named
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding

# Source: SageMaker API, CreateEndpoint, ResourceLimitExceeded; AWS's text as in github.com/aws-samples/
# sagemaker-custom-project-templates, issue 51.
_LIMIT = re.compile(
    r"service limit '(?P<quota>[^']+)' is (?P<limit>[\d.,]+)(?P<unit>[^,]*), with current utilization of "
    r"(?P<used>[\d.,]+)"
)
_CODE = re.compile(r"ResourceLimitExceeded|LimitExceeded\b")


def quota_exceeded(evidence: Evidence) -> Finding | None:
    """Find a quota that a deployment would have exceeded."""
    match = first_match(evidence.said, _LIMIT) or first_match(evidence.said, _CODE)
    if match is None:
        return None
    region, quota = evidence.subject.region, named(match, "quota")
    known = (
        f"the quota '{quota}' of this account and region is {match.groups['limit']}{match.groups['unit']}, "
        f"{match.groups['used']} are in use"
        if quota
        else "a quota of this account and region would be exceeded"
    )
    return Finding(
        "quota-exceeded",
        f"AWS refused: {known}",
        (match.quote,),
        "Ask for a higher quota (find its code with: aws service-quotas list-service-quotas --service-code "
        f"sagemaker --region {region}; then: aws service-quotas request-service-quota-increase), delete endpoints "
        "that nobody needs, or choose another hosting in the environment's file",
    )
