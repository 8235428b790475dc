"""A change of an endpoint that is under way, and who is told of its outcome."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol

from local_aws import ministack_seam as seam
from local_aws.sagemaker.fleet import Fleet
from local_aws.sagemaker.fleets import Key
from local_aws.sagemaker.resources import Record
from local_aws.sagemaker.rollout import Rollout


class Listener(Protocol):
    """What is told of endpoints, in their account and region."""

    def serves(self, record: Record, fleet: Fleet) -> None:
        """Take note of the fleet that an endpoint has now, its first one or another."""

    def ends(self, record: Record) -> None:
        """Take note that an endpoint is deleted."""

    def stop(self) -> None:
        """Take note that the local AWS ends, or forgets everything."""


class NoListener:
    """Nobody is told."""

    def serves(self, record: Record, fleet: Fleet) -> None:
        """Do nothing."""

    def ends(self, record: Record) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""


@dataclass
class Deployment:
    """A change that is under way, in the account and region it was asked for in.

    Parameters
    ----------
    record
        Of the endpoint.
    config
        The endpoint config, with the properties that differ from it.
    models
        The Models of its variants, by name.
    properties
        What differs from the endpoint config, as the record keeps it.
    guardrails
        The ``DeploymentConfig``.
    kept
        Config and models that an earlier update was sent back to, where they are what is deployed.
    """

    record: Record
    config: Record
    models: dict[str, Record]
    properties: Record = field(default_factory=dict)
    guardrails: Record | None = None
    kept: Record | None = None
    account: str = field(default_factory=seam.account)
    region: str = field(default_factory=seam.region)
    started: float = field(default_factory=time.time)
    stage: tuple[str | None, float] = (None, 0.0)
    rollout: Rollout | None = None
    interrupted: bool = False
    cut_off: bool = False

    def interrupt(self, *, for_good: bool = False) -> None:
        """Let it wait no longer.

        Parameters
        ----------
        for_good
            Whether the local AWS ends, so that the next start decides on it.
        """
        self.interrupted = True
        self.cut_off = self.cut_off or for_good
        if self.rollout:
            self.rollout.interrupt()

    @property
    def key(self) -> Key:
        """Of the endpoint."""
        return self.account, self.region, self.record["EndpointName"].lower()
