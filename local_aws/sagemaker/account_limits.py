"""What AWS may refuse to an account: more instances than its quotas, and what the region has none of.

This machine has neither limit unless a file beside the state asks for it, so that one sees what a deployment makes
of it: ``{"quotas": {"ml.g5.xlarge for endpoint usage": 0}, "no_capacity": ["ml.p5.48xlarge"]}``. It is read anew
each time.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from local_aws.api_error import ApiError, validation_error
from local_aws.sagemaker.container import ContainerError

FILE = "limits.json"
_VARIANTS = ("ProductionVariants", "ShadowProductionVariants")

Record = dict[str, Any]


class _Limits(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    quotas: dict[str, NonNegativeInt] = {}
    no_capacity: list[str] = []


class AccountLimits:
    """The limits of every account and region alike.

    Parameters
    ----------
    file
        Names them; where there is none, nothing is limited.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def refuse_beyond_quotas(self, config: Record, in_use: Iterable[Record]) -> None:
        """Refuse an endpoint config that asks for more instances than the quotas leave.

        Parameters
        ----------
        config
            Of the endpoint that is created or updated. Until an update is done, old and new instances count.
        in_use
            The configs of the endpoints that are there.

        Raises
        ------
        ApiError
            ResourceLimitExceeded (SageMaker API, CreateEndpoint and UpdateEndpoint), with the quota's name as in
            AWS General Reference, "Amazon SageMaker AI endpoints and quotas"; or the file cannot be read.
        """
        quotas = self._limits().quotas
        if not quotas:
            return
        used: Counter[str] = Counter()
        for one in in_use:
            used += _instances(one)
        for instance_type, delta in _instances(config).items():
            name = f"{instance_type} for endpoint usage"
            if name in quotas and used[instance_type] + delta > quotas[name]:
                raise ApiError(
                    "ResourceLimitExceeded",
                    f"The account-level service limit '{name}' is {quotas[name]} Instances, with current "
                    f"utilization of {used[instance_type]} Instances and a request delta of {delta} Instances. "
                    "Please use AWS Service Quotas to request an increase for this quota.",
                )

    def require_capacity(self, shape: Record) -> None:
        """Find the instances of a variant.

        Raises
        ------
        ContainerError
            There are none of its type, in the words of an endpoint's FailureReason.
        """
        try:
            missing = self._limits().no_capacity
        except ApiError as error:
            raise ContainerError(error.message) from error
        if shape.get("InstanceType") in missing:
            raise ContainerError(
                "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. "
                "Please retry using a different ML instance type or after some time."
            )

    def _limits(self) -> _Limits:
        try:
            return _Limits.model_validate(json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return _Limits()
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            raise validation_error(f"{self._file}: {key}: {first['msg']}") from error
        except (OSError, ValueError) as error:
            raise validation_error(f"{self._file} cannot be read: {error}") from error


def _instances(config: Record) -> Counter[str]:
    """Count the instances of a config's variants by their types."""
    counted: Counter[str] = Counter()
    for variant in (one for member in _VARIANTS for one in config.get(member) or []):
        if "InstanceType" in variant:
            counted[variant["InstanceType"]] += int(variant.get("InitialInstanceCount", 1))
    return counted
