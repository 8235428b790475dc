"""The records of endpoints, and who waits for their change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from local_aws.api_error import validation_error
from local_aws.sagemaker.resources import Record, ResourceStore

HAS_SERVED = "HasServed"
"""The member of a record that says that its endpoint was in service once."""
ROLLED_BACK = "RolledBack"
"""The member of a record that says that an alarm sent the last update back."""
GUARDRAILS = "LastDeploymentConfig"
"""The member of a record that holds the ``DeploymentConfig`` of the last deployment."""
KEPT = "KeptConfig"
"""The member of a record that holds what an endpoint was sent back to, config and models: a stack deletes both."""
_IN_PROGRESS = {"Creating", "Updating", "Deleting"}


class EndpointRecords:
    """Changes the records of endpoints, one at a time.

    Parameters
    ----------
    store
        The records.
    on_change
        Called, on any thread, when one changed.
    """

    def __init__(self, store: ResourceStore, on_change: Callable[[], None]) -> None:
        self.store = store
        self._on_change = on_change
        self._changed = threading.Condition()

    @contextmanager
    def settled(self, name: str) -> Iterator[Record]:
        """Give the record of an endpoint that no change is under way of; nobody else changes it meanwhile.

        Raises
        ------
        ApiError
            When there is no such endpoint, or a change is under way.
        """
        with self._changed:
            record = self.store.get(name)
            if record["EndpointStatus"] in _IN_PROGRESS:
                raise validation_error(f'Cannot update in-progress endpoint "{record["EndpointArn"]}".')
            yield record

    def set(self, record: Record, **members: Any) -> None:
        """Change members of a record."""
        with self._changed:
            record.update(members, LastModifiedTime=time.time())
            self._changed.notify_all()
        self._on_change()

    def remove(self, name: str) -> None:
        """Forget an endpoint."""
        self.store.remove(name)
        with self._changed:
            self._changed.notify_all()
        self._on_change()

    def wait_until_settled(self, name: str) -> Record | None:
        """Wait until no change of the endpoint is under way; return its record, None when it is gone."""
        with self._changed:
            self._changed.wait_for(lambda: (self.store.find(name) or {}).get("EndpointStatus") not in _IN_PROGRESS)
        return self.store.find(name)
