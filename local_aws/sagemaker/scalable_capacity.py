"""The capacity of variants that Application Auto Scaling changes."""

from __future__ import annotations

import re

from local_aws import ministack_seam as seam
from local_aws.sagemaker.endpoints import Endpoints
from local_aws.sagemaker.variant import RunningVariant

_RESOURCE = re.compile(r"^endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)$")
_INSTANCES = "sagemaker:variant:DesiredInstanceCount"
_PROVISIONED = "sagemaker:variant:DesiredProvisionedConcurrency"


class VariantCapacity:
    """Reads and changes the capacity of variants, by their resource ids.

    Parameters
    ----------
    endpoints
        The endpoints.
    """

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    def current(self, resource_id: str, dimension: str) -> int | None:
        """Return the capacity that a variant has, None when it is not there or has no such dimension."""
        variant = self._variant(resource_id)
        if variant is None:
            return None
        if dimension == _INSTANCES:
            return variant.desired_instance_count
        provisioned = variant.shape.get("ServerlessConfig", {}).get("ProvisionedConcurrency")
        return int(provisioned) if dimension == _PROVISIONED and provisioned is not None else None

    def change(self, resource_id: str, dimension: str, capacity: int) -> None:
        """Give a variant another capacity, as UpdateEndpointWeightsAndCapacities does.

        Raises
        ------
        ApiError
            When the endpoint is gone, or a change of it is under way.
        """
        match = _RESOURCE.match(resource_id)
        if match is None:
            return
        desired = (
            {"DesiredInstanceCount": capacity}
            if dimension == _INSTANCES
            else {"ServerlessUpdateConfig": {"ProvisionedConcurrency": capacity}}
        )
        self._endpoints.change_capacity(match["endpoint"], [{"VariantName": match["variant"], **desired}])

    def _variant(self, resource_id: str) -> RunningVariant | None:
        match = _RESOURCE.match(resource_id)
        if match is None:
            return None
        variants = self._endpoints.running(seam.account(), seam.region(), match["endpoint"])
        return next((variant for variant in variants if variant.name == match["variant"]), None)
