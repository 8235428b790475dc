"""The alarms that roll a deployment back, as the local CloudWatch has them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from local_aws import ministack_seam as seam
from local_aws.sagemaker.container import ContainerError
from local_aws.sagemaker.role_rights import may
from local_aws.self_client import Clients


class AlarmWatch:
    """Asks for the state of alarms, and says when one changed.

    Parameters
    ----------
    clients
        Clients of the local AWS.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._listeners: list[Callable[[], None]] = []
        self._changing = threading.Lock()

    def in_alarm(self, names: Sequence[str]) -> list[str]:
        """Return those that are in ALARM."""
        if not names:
            return []
        answer = self._clients.client("cloudwatch").describe_alarms(
            AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"], StateValue="ALARM"
        )
        found = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
        return sorted(alarm["AlarmName"] for alarm in found)

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call a listener whenever an alarm changes its state; return what ends that."""
        with self._changing:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._changing:
                self._listeners.remove(listener)

        return unsubscribe

    def changed(self) -> None:
        """Tell the listeners that an alarm changed its state."""
        with self._changing:
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def check_access(self, role_arn: str, names: Sequence[str]) -> None:
        """Refuse a deployment whose execution role may not read its alarms.

        Developer Guide, "Auto-Rollback Configuration and Monitoring": the role needs cloudwatch:DescribeAlarms.

        Raises
        ------
        ContainerError
            With the alarm's name.
        """
        iam = self._clients.client("iam")
        for name in names:
            arn = f"arn:aws:cloudwatch:{seam.region()}:{seam.account()}:alarm:{name}"
            if not may(iam, role_arn, "cloudwatch:DescribeAlarms", arn):
                raise ContainerError(
                    f'The role "{role_arn}" does not have cloudwatch:DescribeAlarms permission for the alarm'
                    f' "{name}".'
                )
