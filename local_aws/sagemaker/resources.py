"""The resources of SageMaker hosting as they are stored: by account, region and name, as API shapes."""

from __future__ import annotations

import threading
import time
from collections.abc import MutableMapping
from typing import Any

from local_aws import ministack_seam as seam
from local_aws.api_error import validation_error

Record = dict[str, Any]


class ResourceStore:
    """The records of one kind of resource.

    Parameters
    ----------
    kind
        The kind as AWS writes it in ARNs and messages: ``model``, ``endpoint-config`` or ``endpoint``.
    title
        The prefix of the name member in the API, such as ``EndpointConfig``.
    """

    def __init__(self, kind: str, title: str) -> None:
        self.kind = kind
        self.title = title
        self._records: MutableMapping[str, Record] = seam.scoped_store()
        self._adding = threading.Lock()

    def arn(self, name: str) -> str:
        """Return the ARN that the resource of a name has. SageMaker writes names in ARNs in lower case."""
        return f"arn:aws:sagemaker:{seam.region()}:{seam.account()}:{self.kind}/{name.lower()}"

    def add(self, name: str, members: Record) -> Record:
        """Store a new resource and return its record.

        Raises
        ------
        ApiError
            When there is one of that name already.
        """
        record = {**members, f"{self.title}Arn": self.arn(name), "CreationTime": time.time()}
        with self._adding:
            if self.find(name) is not None:
                words = self.kind.replace("-", " ")
                raise validation_error(f'Cannot create already existing {words} "{self.arn(name)}".')
            self._records[name.lower()] = record
        return record

    def find(self, name: str) -> Record | None:
        """Return the record of a name, or None. Names are case-insensitive (API_CreateEndpoint)."""
        return self._records.get(name.lower())

    def get(self, name: str) -> Record:
        """Return the record of a name.

        Raises
        ------
        ApiError
            When there is none.
        """
        record = self.find(name)
        if record is None:
            raise validation_error(f'Could not find {self.kind.replace("-", " ")} "{self.arn(name)}".')
        return record

    def by_arn(self, arn: str) -> Record | None:
        """Return the record of an ARN, or None."""
        kind, _, name = arn.rpartition(":")[2].partition("/")
        return self.find(name) if kind == self.kind else None

    def remove(self, name: str) -> Record:
        """Take a record away and return it.

        Raises
        ------
        ApiError
            When there is none.
        """
        record = self.get(name)
        del self._records[name.lower()]
        return record

    def records(self) -> list[Record]:
        """Return the records of the request's account and region, newest first."""
        return sorted(self._records.values(), key=lambda record: -record["CreationTime"])

    def everywhere(self) -> list[tuple[str, str, Record]]:
        """Return account, region and record of every resource."""
        return [(account, region, record) for account, region, _name, record in seam.every_item(self._records)]

    def clear(self) -> None:
        """Forget every resource."""
        self._records.clear()

    @property
    def state(self) -> MutableMapping[str, Record]:
        """Everything that has to survive a restart."""
        return self._records

    def restore(self, state: MutableMapping[str, Record]) -> None:
        """Take back the state from before a restart."""
        self._records.update(state)
