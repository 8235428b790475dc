"""The API of Application Auto Scaling."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import MutableMapping
from typing import Any

from local_aws import ministack_seam as seam
from local_aws.api_error import ApiError
from local_aws.application_autoscaling.policy_alarms import PolicyAlarms
from local_aws.json_service import JsonService

Record = dict[str, Any]
_TARGET = ("ServiceNamespace", "ResourceId", "ScalableDimension")
_VARIANT = re.compile(r"^endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)$")  # of SageMaker alone


_MOST_ACTIVITIES = 50  # kept of an account and region


class ApplicationAutoScaling(JsonService):
    """The service.

    Parameters
    ----------
    alarms
        What makes the alarms of target tracking policies; without it they get none.
    """

    def __init__(self, alarms: PolicyAlarms | None = None) -> None:
        self._alarms = alarms
        self._activities: MutableMapping[str, list[Record]] = seam.scoped_store()
        self._targets: MutableMapping[str, Record] = seam.scoped_store()
        self._policies: MutableMapping[str, Record] = seam.scoped_store()
        super().__init__(
            "application-autoscaling",
            {
                "RegisterScalableTarget": self._register,
                "DeregisterScalableTarget": self._deregister,
                "DescribeScalableTargets": lambda r: {"ScalableTargets": self._found(self._targets, r)},
                "PutScalingPolicy": self._put_policy,
                "DeleteScalingPolicy": self._delete_policy,
                "DescribeScalingPolicies": lambda r: {"ScalingPolicies": self._found(self._policies, r)},
                "DescribeScalingActivities": self._describe_activities,
            },
        )

    def get_state(self) -> dict[str, Any]:
        """Return what has to survive a restart."""
        return {"targets": self._targets, "policies": self._policies}

    def load_persisted_state(self, data: dict[str, Any]) -> None:
        """Take back the state from before a restart."""
        self._targets.update(data.get("targets", {}))
        self._policies.update(data.get("policies", {}))

    def reset(self) -> None:
        """Forget everything."""
        self._targets.clear()
        self._policies.clear()

    def policy(self, arn: str) -> Record | None:
        """Return the policy of an ARN."""
        return next((policy for policy in self._policies.values() if policy["PolicyARN"] == arn), None)

    def target_of(self, policy: Record) -> Record | None:
        """Return the target that a policy belongs to."""
        return self._targets.get(_key(policy, _TARGET))

    def note_activity(self, target: Record, status: str, description: str, cause: str) -> None:
        """Remember what was done to a target, for DescribeScalingActivities."""
        now = time.time()
        activity = {
            "ActivityId": str(uuid.uuid4()),
            **{member: target[member] for member in _TARGET},
            "Description": description,
            "Cause": cause,
            "StartTime": now,
            "EndTime": now,
            "StatusCode": status,
        }
        self._activities["newest"] = [activity, *self._activities.get("newest", [])][:_MOST_ACTIVITIES]

    def _describe_activities(self, request: Record) -> Record:
        wanted = [key for key in _TARGET if key in request]
        found = [each for each in self._activities.get("newest", []) if all(each[k] == request[k] for k in wanted)]
        return {"ScalingActivities": found}

    def variants_of(self, endpoint_name: str) -> set[str]:
        """Return the names of the variants of a SageMaker endpoint that are scalable targets."""
        return {match["variant"] for _, match in self._of_endpoint(endpoint_name)}

    def deregister_variants_of(self, endpoint_name: str) -> None:
        """Deregister every variant of a SageMaker endpoint, with its policies."""
        for target, _ in self._of_endpoint(endpoint_name):
            self._deregister(target)

    def _of_endpoint(self, name: str) -> list[tuple[Record, re.Match[str]]]:
        """Return the targets that are variants of an endpoint; names of endpoints are case-insensitive."""
        matches = [(target, _VARIANT.match(target["ResourceId"])) for target in self._targets.values()]
        return [
            (target, match) for target, match in matches if match and match["endpoint"].lower() == name.lower()
        ]

    def _register(self, request: Record) -> Record:
        """Add a target or change the given members of one (API_RegisterScalableTarget)."""
        key = _key(request, _TARGET)
        known = self._targets.get(key)
        if known is None and not {"MinCapacity", "MaxCapacity"} <= request.keys():
            raise ApiError("ValidationException", "MinCapacity and MaxCapacity are required for a new target.")
        changed = {
            **(known or {"CreationTime": time.time(), "ScalableTargetARN": self._target_arn()}),
            **request,
        }
        if changed["MinCapacity"] > changed["MaxCapacity"]:
            raise ApiError("ValidationException", "Maximum capacity cannot be less than minimum capacity")
        self._targets[key] = changed
        return {"ScalableTargetARN": changed["ScalableTargetARN"]}

    def _deregister(self, request: Record) -> Record:
        """Remove a target and, as AWS does, its policies."""
        key = _key(request, _TARGET)
        if self._targets.pop(key, None) is None:
            raise _not_found("scalable target", request)
        for policy_key, policy in list(self._policies.items()):
            if _key(policy, _TARGET) == key:
                self._policies.pop(policy_key)
                self._delete_alarms(policy)
        return {}

    def _put_policy(self, request: Record) -> Record:
        if _key(request, _TARGET) not in self._targets:
            raise _not_found("scalable target", request)
        if "PredictiveScalingPolicyConfiguration" in request or request.get("PolicyType") == "PredictiveScaling":
            raise ApiError("ValidationException", "The local AWS does not implement predictive scaling policies")
        key = _key(request, (*_TARGET, "PolicyName"))
        known = self._policies.get(key) or {
            "CreationTime": time.time(),
            "PolicyARN": self._policy_arn(request),
        }
        policy = {**known, **request}
        policy["Alarms"] = self._alarms.put(policy) if self._alarms else []
        self._policies[key] = policy
        return {"PolicyARN": known["PolicyARN"], "Alarms": policy["Alarms"]}

    def _delete_policy(self, request: Record) -> Record:
        policy = self._policies.pop(_key(request, (*_TARGET, "PolicyName")), None)
        if policy is None:
            raise _not_found("scaling policy", request)
        self._delete_alarms(policy)
        return {}

    def _delete_alarms(self, policy: Record) -> None:
        if self._alarms:
            self._alarms.delete(policy)

    def _found(self, store: MutableMapping[str, Record], request: Record) -> list[Record]:
        """Return the records that the request's filters let through."""
        names = request.get("PolicyNames") or []
        resources = request.get("ResourceIds") or ([request["ResourceId"]] if "ResourceId" in request else [])
        wanted = [key for key in ("ServiceNamespace", "ScalableDimension") if key in request]
        return [
            {key: value for key, value in record.items() if key != "Tags"}
            for record in store.values()
            if all(record[key] == request[key] for key in wanted)
            and (not resources or record["ResourceId"] in resources)
            and (not names or record.get("PolicyName") in names)
        ]

    @staticmethod
    def _target_arn() -> str:
        scope = f"{seam.region()}:{seam.account()}"
        return f"arn:aws:application-autoscaling:{scope}:scalable-target/{uuid.uuid4().hex[:28]}"

    @staticmethod
    def _policy_arn(request: Record) -> str:
        namespace, resource = request["ServiceNamespace"], request["ResourceId"]
        return (
            f"arn:aws:autoscaling:{seam.region()}:{seam.account()}:scalingPolicy:{uuid.uuid4()}:"
            f"resource/{namespace}/{resource}:policyName/{request['PolicyName']}"
        )


def _key(record: Record, members: tuple[str, ...]) -> str:
    return "|".join(str(record[member]) for member in members)


def _not_found(what: str, request: Record) -> ApiError:
    described = ", ".join(f"{member}: {request[member]}" for member in _TARGET)
    return ApiError("ObjectNotFoundException", f"No {what} found for {described}")
