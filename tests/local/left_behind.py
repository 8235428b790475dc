"""What a destroyed environment might have left in the local AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_SAGEMAKER = {"ServiceNamespace": "sagemaker"}
# Service, operation, the member with the list, what names one of it, and what the request holds.
_LISTED: list[tuple[str, str, str, str, dict[str, str]]] = [
    ("application-autoscaling", "describe_scalable_targets", "ScalableTargets", "ResourceId", _SAGEMAKER),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", {}),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName", {}),
    ("ecr", "describe_repositories", "repositories", "repositoryName", {}),
    ("iam", "list_policies", "Policies", "PolicyName", {"Scope": "Local"}),
    ("iam", "list_roles", "Roles", "RoleName", {}),
    ("lambda", "list_functions", "Functions", "FunctionName", {}),
    ("logs", "describe_log_groups", "logGroups", "logGroupName", {}),
    ("s3", "list_buckets", "Buckets", "Name", {}),
    ("sagemaker", "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName", {}),
    ("sagemaker", "list_endpoints", "Endpoints", "EndpointName", {}),
    ("sagemaker", "list_models", "Models", "ModelName", {}),
    ("sns", "list_topics", "Topics", "TopicArn", {}),
    ("ssm", "describe_parameters", "Parameters", "Name", {}),
]


def resource_names(client: Callable[[str], Any]) -> list[str]:
    """Return the names of all that there is, of every kind that Slipway's stacks make.

    A KMS key is not among them: KMS deletes it days after its stack.
    """
    names = []
    for service, operation, member, name, request in _LISTED:
        pages = client(service).get_paginator(operation).paginate(**request)
        names += [one[name] for page in pages for one in page.get(member, [])]
    return names
