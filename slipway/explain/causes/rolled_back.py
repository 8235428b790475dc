"""An alarm took an update back: the endpoint is in service with what it ran before."""

from __future__ import annotations

from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding, Quote
from slipway.explain.sources.metrics import Alarm
from slipway.explain.where import deploy_command


def rolled_back_by_alarm(evidence: Evidence) -> Finding | None:
    """Find the alarm that took an update back; SageMaker's FailureReason is not always there to name it."""
    if evidence.state != "rolled back":
        return None
    alarms = [alarm for alarm in evidence.alarms if _is_named(evidence, alarm)]
    alarms = alarms or [alarm for alarm in evidence.alarms if _went_off_meanwhile(evidence, alarm)]
    if not alarms:
        return None
    names = ", ".join(f"{alarm.name} ({alarm.description})" for alarm in alarms)
    return Finding(
        "rolled-back-by-alarm",
        f"The update was taken back by the alarm{'' if len(alarms) == 1 else 's'} {names}",
        (*evidence.said, *(_quote(alarm) for alarm in alarms)),
        "The endpoint runs what it ran before. Mend the model, or the bounds under rollout.alarms, and deploy "
        "again: " + deploy_command(evidence.subject),
    )


def _is_named(evidence: Evidence, alarm: Alarm) -> bool:
    return any(alarm.name in quote.text for quote in evidence.said)


def _went_off_meanwhile(evidence: Evidence, alarm: Alarm) -> bool:
    operation = evidence.operation
    if operation is None or alarm.went_off is None:
        return False
    return operation.began <= alarm.went_off and (operation.ended is None or alarm.went_off <= operation.ended)


def _quote(alarm: Alarm) -> Quote:
    when = f", {alarm.went_off:%Y-%m-%dT%H:%M:%SZ}" if alarm.went_off else ""
    return Quote(f"CloudWatch, {alarm.name}{when}", alarm.reason)
