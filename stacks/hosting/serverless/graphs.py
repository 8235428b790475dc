"""The graphs of a serverless endpoint: cold starts, throttling, memory.

Metrics: Amazon SageMaker AI Developer Guide, "Alarms and logs for tracking metrics from serverless endpoints";
of the instances' metrics there is MemoryUtilization alone.
"""

from collections.abc import Iterator

from stacks.dashboard_graph import INSTANCES, Graph, Lines

_FIVE_MINUTES = 300


def serverless_graphs(lines: Lines, *, is_provisioned: bool) -> Iterator[Graph]:
    """Yield what tells of containers that start as requests come.

    Parameters
    ----------
    lines
        Of the endpoint.
    is_provisioned
        Whether some containers have started already.
    """
    yield Graph(
        "Cold starts",
        "starts in 5 minutes",
        tuple(lines.each("ModelSetupTime", "SampleCount", "containers started")),
        _FIVE_MINUTES,
    )
    yield Graph(
        "How long is a cold start?",
        "µs",
        tuple(lines.each("ModelSetupTime", "Maximum", "the longest")),
        _FIVE_MINUTES,
    )
    yield Graph(
        "How full? Concurrency; requests beyond 1 are throttled",
        "of max_concurrency",
        tuple(lines.each("ServerlessConcurrentExecutionsUtilization", "Maximum", "concurrency")),
    )
    yield Graph(
        "How full? Memory", "%", tuple(lines.each("MemoryUtilization", "Maximum", "memory", namespace=INSTANCES))
    )
    if is_provisioned:
        yield Graph(
            "Provisioned concurrency",
            "of provisioned_concurrency",
            tuple(lines.each("ServerlessProvisionedConcurrencyUtilization", "Maximum", "in use")),
        )
        yield Graph(
            "Requests beyond the provisioned concurrency",
            "each minute",
            tuple(lines.each("ServerlessProvisionedConcurrencySpilloverInvocations", "Sum", "requests")),
        )
