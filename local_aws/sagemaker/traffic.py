"""Which variant a request goes to."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol

from local_aws import ministack_seam as seam
from local_aws.api_error import ApiError
from local_aws.sagemaker.variant import RunningVariant


class RunningVariants(Protocol):
    """What knows the variants of endpoints."""

    def running(self, account: str, region: str, name: str) -> list[RunningVariant]:
        """Return the variants that take requests now."""


def choose(endpoints: RunningVariants, endpoint_name: str, target: str | None = None) -> RunningVariant:
    """Return the variant for a request: one by its share of the traffic.

    Parameters
    ----------
    target
        The target variant; while an update moves the traffic, it is there twice.

    Raises
    ------
    ApiError
        When no endpoint or no variant of that name takes requests.
    """
    account = seam.account()
    variants: Sequence[RunningVariant] = endpoints.running(account, seam.region(), endpoint_name)
    if not variants:
        raise ApiError("ValidationError", f"Endpoint {endpoint_name} of account {account} not found.")
    if target is not None:
        variants = [variant for variant in variants if variant.name == target]
        if not variants:
            raise ApiError("ValidationError", f"Variant {target} not found for Endpoint {endpoint_name}")
    shares = [variant.traffic for variant in variants]
    return random.choices(variants, shares if any(shares) else None)[0]  # noqa: S311
