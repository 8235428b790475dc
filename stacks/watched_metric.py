"""What an alarm watches."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WatchedMetric:
    """One metric of an endpoint, or of one of its variants, and what is too much of it.

    Parameters
    ----------
    name
        What the alarm's id starts with.
    what
        What is the matter when it is exceeded, as a sentence's end.
    namespace, metric
        The metric.
    statistic
        As Average or Maximum.
    threshold
        What may not be exceeded, in the metric's unit.
    variant
        Whose it is; None for the endpoint's.
    """

    name: str
    what: str
    namespace: str
    metric: str
    statistic: str
    threshold: float
    variant: str | None
