"""What becomes of an endpoint from before a restart of the local AWS."""

from __future__ import annotations

from collections.abc import Callable

from local_aws.api_error import ApiError
from local_aws.sagemaker.deployment import Deployment
from local_aws.sagemaker.deployments import Deployments
from local_aws.sagemaker.endpoint_records import HAS_SERVED, KEPT, EndpointRecords
from local_aws.sagemaker.resources import Record, ResourceStore
from local_aws.sagemaker.variant_properties import MEMBER as VARIANT_PROPERTIES
from local_aws.sagemaker.variant_properties import effective


def restore_one(
    record: Record,
    records: EndpointRecords,
    configs: ResourceStore,
    deployment_of: Callable[[Record, Record, Record], Deployment],
    deployments: Deployments,
) -> bool:
    """Start the containers of an endpoint again, with the weights and counts that it had.

    Returns
    -------
    bool
        False where its creation had been under way, and it is gone.
    """
    name, status = record["EndpointName"], record["EndpointStatus"]
    if status in {"Creating", "Deleting"}:
        records.store.remove(name)
        return bool(status == "Deleting")
    if status != "Failed" or record.get(HAS_SERVED):
        properties = record.get(VARIANT_PROPERTIES) or {}
        try:
            if kept := record.get(KEPT):
                config = effective(kept["Config"], properties)
                deployment = Deployment(record, config, kept["Models"], properties, kept=kept)
            else:
                config = effective(configs.get(record["EndpointConfigName"]), properties)
                deployment = deployment_of(record, config, properties)
        except ApiError as error:  # somebody deleted the config or the model of a running endpoint
            records.set(record, EndpointStatus="Failed", FailureReason=error.message)
            return True
        records.set(record, EndpointStatus="Updating")
        deployments.start(deployments.bring_up, deployment)
    return True
