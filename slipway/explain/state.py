"""How an endpoint is, in a few words."""

from __future__ import annotations

from typing import Literal

from slipway.explain.sources.endpoint import LiveEndpoint
from slipway.explain.sources.stack import StackOperation

State = Literal[
    "not deployed", "in service", "changing", "failed", "update undone", "rolled back", "deleted", "unknown"
]
"""`update undone` is of CloudFormation, `rolled back` of SageMaker, whose alarms CloudFormation does not hear of;
`deleted` is an endpoint that its stack still has."""

_CHANGING = {"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"}  # SageMaker API, EndpointStatus


def state_of(live: LiveEndpoint | None, operation: StackOperation | None, deployed_config: str | None) -> State:
    """Return how an endpoint is, where SageMaker and CloudFormation could be asked.

    Parameters
    ----------
    live
        The endpoint; None where there is none.
    operation
        The last one on its stack; None where there was none.
    deployed_config
        The endpoint config of the stack, in lower case; None where it has none, or does not tell.
    """
    if live is None:
        return _state_without(operation)
    if live.status in _CHANGING:
        return "changing"
    if live.status != "InService":
        return "failed"
    if deployed_config and live.config.lower() != deployed_config:
        return "rolled back"
    return "update undone" if operation and operation.has_failed and not operation.is_deleted else "in service"


def _state_without(operation: StackOperation | None) -> State:
    if operation is None:
        return "not deployed"
    if operation.has_failed:
        return "failed"
    if operation.is_deleted:
        return "not deployed"
    return "changing" if operation.ended is None else "deleted"
