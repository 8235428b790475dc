"""An alarm of the endpoint is in ALARM now."""

from __future__ import annotations

from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding, Quote


def in_alarm(evidence: Evidence) -> Finding | None:
    """Find alarms that are in ALARM."""
    alarms = [alarm for alarm in evidence.alarms if alarm.is_in_alarm]
    if not alarms:
        return None
    return Finding(
        "in-alarm",
        "In ALARM: " + ", ".join(f"{alarm.name} ({alarm.description})" for alarm in alarms),
        tuple(Quote(f"CloudWatch, {alarm.name}", alarm.reason) for alarm in alarms),
        "Mend what else is found here; the next update of the endpoint would be taken back while it lasts",
    )
