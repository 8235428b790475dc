"""A production variant that runs: its container, its weight, and the requests in flight."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import urllib3

from local_aws.sagemaker.supervision import SupervisedContainer

if TYPE_CHECKING:
    from local_aws.sagemaker.data_capture import DataCapture
    from local_aws.sagemaker.shadow import Mirror

REAL_TIME_PAYLOAD = 6_291_456  # bytes; BodyBlob of the sagemaker-runtime API model
SERVERLESS_PAYLOAD = 4 * 1024 * 1024  # bytes; Developer Guide, "Serverless endpoint operations"
_DRAIN_TIMEOUT = 60.0  # seconds, the longest a request may take


class NoLongerServing(Exception):  # noqa: N818 - a state, not a fault
    """The variant was taken out of service; its successor has the traffic."""


class NoInstance(Exception):  # noqa: N818 - a state, not a fault
    """The variant is scaled to zero; it takes requests again when it is scaled out."""


@dataclass
class RunningVariant:
    """A variant with its container.

    Parameters
    ----------
    shape
        The ``ProductionVariant`` of the endpoint config.
    image
        The Model's image.
    container
        The process that answers.
    folder
        What the container was unpacked into.
    endpoint_name
        The endpoint, as it was created: callers may write its name in other letters.
    role_arn
        The Model's execution role.
    shadow
        Whether it is a shadow variant, which gets copies of requests.
    asynchronous
        Whether its endpoint takes InvokeEndpointAsync, and nothing else.
    capture, mirrors
        What is shown the requests to it: data capture, and the shadow variants beside it.
    """

    shape: dict[str, Any]
    image: str
    container: SupervisedContainer
    folder: Path
    endpoint_name: str
    pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(maxsize=64, block=False, retries=False)
    )
    role_arn: str = ""
    shadow: bool = False
    asynchronous: bool = False
    capture: DataCapture | None = None
    mirrors: list[Mirror] = field(default_factory=list)
    weight: float = field(init=False)
    desired_weight: float = field(init=False)
    instance_count: int | None = field(init=False)
    desired_instance_count: int | None = field(init=False)
    _share: float | None = None
    _in_flight: int = 0
    _retired: bool = False
    _asleep: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        """Take weight and instance count from the endpoint config; both can be changed later."""
        self.weight = self.desired_weight = float(self.shape.get("InitialVariantWeight", 1.0))
        self.instance_count = self.desired_instance_count = self.shape.get("InitialInstanceCount")

    @property
    def name(self) -> str:
        """The variant's name."""
        return str(self.shape["VariantName"])

    @property
    def traffic(self) -> float:
        """Its share of the requests, relative to all variants that take some, of both fleets of an update."""
        return self.weight if self._share is None else self._share

    def take_share(self, share: float | None) -> None:
        """Set its share of the requests; None for its weight."""
        self._share = share

    @property
    def serverless(self) -> bool:
        """Whether it is hosted serverless."""
        return "ServerlessConfig" in self.shape

    @property
    def largest_payload(self) -> int:
        """The largest request body in bytes."""
        return SERVERLESS_PAYLOAD if self.serverless else REAL_TIME_PAYLOAD

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request while it is in flight.

        Raises
        ------
        NoLongerServing
            When the variant takes no more requests.
        NoInstance
            When it has no instance at the moment.
        """
        with self._changed:
            if self.instance_count == 0:
                raise NoInstance
            if self._retired:
                raise NoLongerServing
            self._in_flight += 1
        try:
            yield
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def desire(self, desired: Mapping[str, Any]) -> None:
        """Take what a ``DesiredWeightAndCapacity`` asks for; ``scale`` brings it about."""
        if desired.get("DesiredWeight") is not None:
            self.desired_weight = float(desired["DesiredWeight"])
        if desired.get("DesiredInstanceCount") is not None:
            self.desired_instance_count = int(desired["DesiredInstanceCount"])
        if update := desired.get("ServerlessUpdateConfig"):
            self.shape = {**self.shape, "ServerlessConfig": {**self.shape["ServerlessConfig"], **update}}

    def scale_in(self) -> None:
        """Take no more requests when no instance is desired: to be done before ``scale``."""
        with self._changed:
            if self.desired_instance_count == 0:
                self.instance_count = 0

    def scale(self) -> None:
        """Bring the instance count to the one that is desired; without instances no container runs.

        Raises
        ------
        ContainerError
            When the container does not come up again; the count stays at zero then.
        """
        if self.desired_instance_count == 0:
            self.scale_in()
            if not self._asleep:
                with self._changed:
                    self._changed.wait_for(lambda: not self._in_flight, timeout=_DRAIN_TIMEOUT)
                self.container.sleep()
                self._asleep = True
        elif self._asleep:
            self.container.wake()
            self._asleep = False
        self.instance_count = self.desired_instance_count

    def stop(self) -> None:
        """Take no more requests, let those in flight finish, end the container and remove its folder."""
        with self._changed:
            self._retired = True
            self._changed.wait_for(lambda: not self._in_flight, timeout=_DRAIN_TIMEOUT)
        self.container.stop()
        if self.capture:
            self.capture.close()
        self.pool.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
