"""Service Quotas against the instances and the concurrency that an environment's file asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from slipway.costs.instances import instance_bounds
from slipway.doctor.finding import Finding
from stacks.settings import EnvironmentSettings, ServerlessHosting

_SERVICE = "sagemaker"
_SERVERLESS = "Maximum total concurrency that can be allocated across all serverless endpoints"


@dataclass(frozen=True)
class _Need:
    """How much of a quota the environment takes, at its most; `updating` while a deployment goes on."""

    most: int
    updating: int


def quota_findings(clients: Callable[[str], Any], settings: EnvironmentSettings) -> Iterator[Finding]:
    """Check each quota that the environment needs; what else the account runs is not known here.

    Parameters
    ----------
    clients
        Makes boto3 clients.
    settings
        Of the environment.

    Notes
    -----
    Source: AWS General Reference, "Amazon SageMaker AI endpoints and quotas", for the names; Service Quotas API,
    ListServiceQuotas. A blue/green update starts a second set of instances (Amazon SageMaker AI Developer Guide,
    "Blue/Green Deployments").
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (it takes a while)

    needs = needed_quotas(settings)
    if not needs:
        yield Finding("quotas", "skipped", "the environment has nothing that a quota is for")
        return
    try:
        found = _quotas(clients("service-quotas"), set(needs))
    except ClientError as error:
        yield Finding("quotas", "warning", f"AWS answered: {error}", "It needs servicequotas:ListServiceQuotas")
        return
    except BotoCoreError as error:
        yield Finding("quotas", "warning", f"AWS could not be asked: {error}")
        return
    for name, need in sorted(needs.items()):
        yield _quota_finding(name, need, found.get(name), settings.region)


def needed_quotas(settings: EnvironmentSettings) -> dict[str, _Need]:
    """Return what an environment needs by the quotas' names."""
    most: Counter[str] = Counter()
    updating: Counter[str] = Counter()
    for endpoint in settings.endpoints.values():
        rollout = endpoint.effective_rollout(is_local=settings.is_local)
        is_doubled = rollout is None or rollout.type != "rolling"
        for variant in endpoint.all_variants:
            hosting = variant.hosting
            if isinstance(hosting, ServerlessHosting):
                most[_SERVERLESS] += hosting.max_concurrency
                updating[_SERVERLESS] += hosting.max_concurrency
            else:
                name = f"{hosting.instance_type} for endpoint usage"
                _, instances = instance_bounds(variant, hosting)
                most[name] += instances
                updating[name] += instances * (2 if is_doubled else 1)
    if settings.training:
        name = f"{settings.training.instance_type} for training job usage"
        most[name] = updating[name] = settings.training.instance_count
    return {name: _Need(number, updating[name]) for name, number in most.items()}


def _quotas(client: Any, wanted: set[str]) -> dict[str, dict[str, Any]]:
    """Return the quotas of these names; SageMaker has some thousands, and the API no filter by name."""
    found: dict[str, dict[str, Any]] = {}
    for page in client.get_paginator("list_service_quotas").paginate(
        ServiceCode=_SERVICE, PaginationConfig={"PageSize": 100}
    ):
        found |= {quota["QuotaName"]: quota for quota in page["Quotas"] if quota["QuotaName"] in wanted}
        if len(found) == len(wanted):
            break
    return found


def _quota_finding(name: str, need: _Need, quota: dict[str, Any] | None, region: str) -> Finding:
    if quota is None:
        mend = f"Look for it: https://console.aws.amazon.com/servicequotas/home/services/{_SERVICE}/quotas"
        return Finding("quota", "warning", f"Service Quotas in {region} knows no {name!r}", mend)
    value = int(quota["Value"])
    what = f"{name}: {value}, needed: {need.most}"
    if value < need.most:
        return Finding("quota", "wrong", what, _request(quota, need.updating, region))
    if value < need.updating:
        what = f"{what}, and {need.updating} while an update goes on"
        return Finding("quota", "warning", what, _request(quota, need.updating, region))
    return Finding("quota", "ok", what)


def _request(quota: dict[str, Any], value: int, region: str) -> str:
    if not quota.get("Adjustable", True):
        return "It cannot be raised; take fewer, or another instance type"
    return (
        f"aws service-quotas request-service-quota-increase --service-code {_SERVICE} "
        f"--quota-code {quota['QuotaCode']} --desired-value {value} --region {region}"
    )
