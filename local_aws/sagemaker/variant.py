"""A production variant that runs: its container, its weight, and the requests in flight."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

from local_aws.sagemaker.supervision import SupervisedContainer

REAL_TIME_PAYLOAD = 6_291_456  # bytes; BodyBlob of the sagemaker-runtime API model
SERVERLESS_PAYLOAD = 4 * 1024 * 1024  # bytes; Developer Guide, "Serverless endpoint operations"
_DRAIN_TIMEOUT = 60.0  # seconds, the longest a request may take


class NoLongerServing(Exception):  # noqa: N818 - a state, not a fault
    """The variant was taken out of service; its successor has the traffic."""


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
    """

    shape: dict[str, Any]
    image: str
    container: SupervisedContainer
    folder: Path
    endpoint_name: str
    pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(maxsize=64, block=False, retries=False)
    )
    _in_flight: int = 0
    _retired: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def name(self) -> str:
        """The variant's name."""
        return str(self.shape["VariantName"])

    @property
    def weight(self) -> float:
        """Its share of the traffic, relative to the other variants'."""
        return float(self.shape.get("InitialVariantWeight", 1.0))

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
        """
        with self._changed:
            if self._retired:
                raise NoLongerServing
            self._in_flight += 1
        try:
            yield
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def stop(self) -> None:
        """Take no more requests, let those in flight finish, end the container and remove its folder."""
        with self._changed:
            self._retired = True
            self._changed.wait_for(lambda: not self._in_flight, timeout=_DRAIN_TIMEOUT)
        self.container.stop()
        self.pool.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def summary(self) -> dict[str, Any]:
        """Return the ``ProductionVariantSummary`` of DescribeEndpoint."""
        count = self.shape.get("InitialInstanceCount")
        serverless = self.shape.get("ServerlessConfig")
        return {
            "VariantName": self.name,
            "DeployedImages": [{"SpecifiedImage": self.image, "ResolvedImage": self.image}],
            "CurrentWeight": self.weight,
            "DesiredWeight": self.weight,
            **({"CurrentInstanceCount": count, "DesiredInstanceCount": count} if count is not None else {}),
            **(
                {"CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless}
                if serverless
                else {}
            ),
        }
