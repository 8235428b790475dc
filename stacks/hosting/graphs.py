"""The graphs of endpoints that answer the requests themselves, on instances or without.

Metrics, their dimensions, units and statistics: Amazon SageMaker AI Developer Guide, "Amazon SageMaker AI metrics
in Amazon CloudWatch".
"""

from collections.abc import Iterator

from stacks.dashboard_graph import Graph, Lines


def request_graphs(lines: Lines) -> Iterator[Graph]:
    """Yield how many requests there are, how many fail, and how long they take."""
    yield Graph(
        "Is it up? Requests and errors",
        "each minute",
        (
            *lines.each("Invocations", "Sum", "requests"),
            *lines.each("Invocation5XXErrors", "Sum", "5xx: faults of the model"),
            *lines.each("Invocation4XXErrors", "Sum", "4xx: wrong requests"),
        ),
    )
    yield Graph(
        "How slow? Latency",
        "µs",
        (
            *lines.each("ModelLatency", "p50", "model, half of the requests"),
            *lines.each("ModelLatency", "p99", "model, 99 of 100"),
            *lines.each("OverheadLatency", "p99", "SageMaker's own, 99 of 100"),
        ),
    )
