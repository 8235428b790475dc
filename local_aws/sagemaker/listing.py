"""The filters and the order of SageMaker's List operations."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from local_aws.sagemaker.resources import Record

_SORT_KEYS = {"CreationTime": "CreationTime", "LastModifiedTime": "LastModifiedTime", "Status": "EndpointStatus"}
_TIMES: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "CreationTimeAfter": ("CreationTime", operator.ge),
    "CreationTimeBefore": ("CreationTime", operator.le),
    "LastModifiedTimeAfter": ("LastModifiedTime", operator.ge),
    "LastModifiedTimeBefore": ("LastModifiedTime", operator.le),
}


def chosen(records: list[Record], request: dict[str, Any], name: str) -> list[Record]:
    """Return the records that a List request asks for, in its order: by default the newest first.

    Parameters
    ----------
    records
        All of the kind.
    request
        With members as of ListEndpoints.
    name
        The member that holds a record's name.
    """
    found = [record for record in records if _fits(record, request, name)]
    key = _SORT_KEYS.get(request.get("SortBy", "CreationTime"), name)
    descending = request.get("SortOrder", "Descending") == "Descending"
    return sorted(found, key=operator.itemgetter(key), reverse=descending)


def _fits(record: Record, request: dict[str, Any], name: str) -> bool:
    wanted, status = request.get("NameContains", "").lower(), request.get("StatusEquals")
    return (
        wanted in record[name].lower()
        and status in {None, record.get("EndpointStatus")}
        and all(
            compare(record[member], request[limit])
            for limit, (member, compare) in _TIMES.items()
            if limit in request
        )
    )
