"""The alarms that Application Auto Scaling makes for a target tracking policy.

Their periods and thresholds are those of the alarms that AWS makes: above the target for three minutes, and below
90 % of it for fifteen (Application Auto Scaling User Guide, "How target tracking scaling works").
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from local_aws.self_client import Clients

Record = dict[str, Any]
_PERIOD = 60  # seconds
_HIGH_PERIODS = 3
_LOW_PERIODS = 15
_LOW_PART = 0.9
_VARIANT = re.compile(r"^endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)$")
_PREDEFINED = {"SageMakerVariantInvocationsPerInstance": ("InvocationsPerInstance", "Sum")}


class PolicyAlarms:
    """Makes and deletes alarms of the local CloudWatch.

    Parameters
    ----------
    clients
        Clients of the local AWS.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def put(self, policy: Record) -> list[dict[str, str]]:
        """Make the alarms of a policy, or change the ones that it has; return their names and ARNs.

        A metric that the local AWS does not publish, or that is metric math, gets none.
        """
        config = policy.get("TargetTrackingScalingPolicyConfiguration")
        metric = _metric(policy, config) if config else None
        if config is None or metric is None:
            self.delete(policy)
            return []
        known = {_kind(each["AlarmName"]): each["AlarmName"] for each in policy.get("Alarms", [])}
        wanted = {"AlarmHigh": (_HIGH_PERIODS, "GreaterThanThreshold", float(config["TargetValue"]))}
        if not config.get("DisableScaleIn"):
            low = float(config["TargetValue"]) * _LOW_PART
            wanted["AlarmLow"] = (_LOW_PERIODS, "LessThanThreshold", low)
        stale = [name for kind, name in known.items() if kind not in wanted]
        cloudwatch = self._clients.client("cloudwatch")
        if stale:
            cloudwatch.delete_alarms(AlarmNames=stale)
        names = []
        for kind, (periods, comparison, threshold) in wanted.items():
            name = known.get(kind) or f"TargetTracking-{policy['ResourceId']}-{kind}-{uuid.uuid4()}"
            names.append(name)
            cloudwatch.put_metric_alarm(
                AlarmName=name,
                AlarmDescription=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy['PolicyARN']}.",
                AlarmActions=[policy["PolicyARN"]],
                Period=_PERIOD,
                EvaluationPeriods=periods,
                ComparisonOperator=comparison,
                Threshold=threshold,
                **metric,
            )
        described = cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
        arns = {alarm["AlarmName"]: alarm["AlarmArn"] for alarm in described}
        return [{"AlarmName": name, "AlarmARN": arns[name]} for name in names]

    def delete(self, policy: Record) -> None:
        """Delete the alarms of a policy."""
        if names := [alarm["AlarmName"] for alarm in policy.get("Alarms", [])]:
            self._clients.client("cloudwatch").delete_alarms(AlarmNames=names)


def _metric(policy: Record, config: Record) -> Record | None:
    """Return what the alarms look at, as PutMetricAlarm names it."""
    if custom := config.get("CustomizedMetricSpecification"):
        if "Metrics" in custom:
            return None
        metric = {key: custom[key] for key in ("MetricName", "Namespace", "Statistic", "Unit") if key in custom}
        return {**metric, "Dimensions": custom.get("Dimensions", [])}
    kind = config.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
    match = _VARIANT.match(policy["ResourceId"])
    if kind not in _PREDEFINED or match is None:
        return None
    name, statistic = _PREDEFINED[kind]
    dimensions = {"EndpointName": match["endpoint"], "VariantName": match["variant"]}
    return {
        "MetricName": name,
        "Namespace": "AWS/SageMaker",
        "Statistic": statistic,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
    }


def _kind(alarm_name: str) -> str:
    return "AlarmLow" if "-AlarmLow-" in alarm_name else "AlarmHigh"
