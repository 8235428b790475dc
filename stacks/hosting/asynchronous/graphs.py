"""The graphs of a queue: what is processed, what waits, and how long.

Metrics: Amazon SageMaker AI Developer Guide, "Alarms and logs for tracking metrics from asynchronous endpoints";
there are neither Invocations nor OverheadLatency.
"""

from collections.abc import Iterator

from stacks.dashboard_graph import Graph, Lines


def queue_graphs(lines: Lines) -> Iterator[Graph]:
    """Yield what tells of requests that wait."""
    yield Graph(
        "Is it up? Requests and errors",
        "each minute",
        (
            *lines.each("InvocationsProcessed", "Sum", "requests processed"),
            *lines.each("InvocationFailures", "Sum", "failures"),
            *lines.each("ExpiredRequests", "Sum", "requests that waited too long"),
            *lines.each("NotificationFailures", "Sum", "notifications that failed"),
        ),
    )
    yield Graph(
        "How long is the backlog?",
        "requests",
        (
            lines.whole("ApproximateBacklogSize", "Maximum", "waiting or in work"),
            lines.whole("ApproximateBacklogSizePerInstance", "Maximum", "for each instance"),
        ),
    )
    yield Graph(
        "How old is the oldest request?", "s", (lines.whole("ApproximateAgeOfOldestRequest", "Maximum", "oldest"),)
    )
    yield Graph(
        "How slow? Latency",
        "µs",
        (
            *lines.each("ModelLatency", "p50", "model, half of the requests"),
            *lines.each("ModelLatency", "p99", "model, 99 of 100"),
            *lines.each("TimeInBacklog", "Average", "waiting"),
        ),
    )
