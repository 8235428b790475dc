"""What an endpoint's dashboard shows, by the way that it is hosted.

Metrics, their dimensions, units and statistics: Amazon SageMaker AI Developer Guide, "Amazon SageMaker AI metrics
in Amazon CloudWatch", "Alarms and logs for tracking metrics from serverless endpoints" and "… from asynchronous
endpoints". Asynchronous endpoints have neither Invocations nor OverheadLatency, serverless ones of the instances'
metrics MemoryUtilization alone.
"""

from collections.abc import Iterator

from stacks.dashboard_graph import INSTANCES, Graph, Line, Lines
from stacks.instance_types import has_gpu
from stacks.settings import EndpointSettings, Variant

_FIVE_MINUTES = 300


def graphs_of(settings: EndpointSettings, endpoint_name: str) -> list[Graph]:
    """List the graphs of an endpoint.

    Parameters
    ----------
    settings
        Of the endpoint.
    endpoint_name
        Its current name.
    """
    lines = Lines(settings.all_variants, endpoint_name)
    answers = _async(lines) if settings.hosting.has_queue else (*_requests(lines), _latency(lines))
    if settings.hosting.has_instances:
        return [*answers, *_instances(lines)]
    is_provisioned = any(
        getattr(variant.hosting, "provisioned_concurrency", None) for variant in settings.all_variants
    )
    return [*answers, *_serverless(lines, is_provisioned=is_provisioned)]


def _requests(lines: Lines) -> Iterator[Graph]:
    yield Graph(
        "Is it up? Requests and errors",
        "each minute",
        (
            *lines.each("Invocations", "Sum", "requests"),
            *lines.each("Invocation5XXErrors", "Sum", "5xx: faults of the model"),
            *lines.each("Invocation4XXErrors", "Sum", "4xx: wrong requests"),
        ),
    )


def _latency(lines: Lines) -> Graph:
    return Graph(
        "How slow? Latency",
        "µs",
        (
            *lines.each("ModelLatency", "p50", "model, half of the requests"),
            *lines.each("ModelLatency", "p99", "model, 99 of 100"),
            *lines.each("OverheadLatency", "p99", "SageMaker's own, 99 of 100"),
        ),
    )


def _instances(lines: Lines) -> Iterator[Graph]:
    def of(metric: str, stat: str, label: str) -> Iterator[Line]:
        return lines.each(metric, stat, label, namespace=INSTANCES)

    yield Graph(
        "How full? Memory and disk",
        "%",
        (*of("MemoryUtilization", "Maximum", "memory"), *of("DiskUtilization", "Maximum", "disk")),
    )
    yield Graph("How full? CPU, 100 % each core", "%", tuple(of("CPUUtilization", "Average", "CPU")))
    if any(_on_gpu(variant) for variant in lines.variants):
        yield Graph(
            "How full? GPU, 100 % each GPU",
            "%",
            (*of("GPUUtilization", "Average", "GPU"), *of("GPUMemoryUtilization", "Maximum", "GPU memory")),
        )
    # Each instance reports each metric once a minute.
    yield Graph(
        "How many instances?", "instances that report", tuple(of("CPUUtilization", "SampleCount", "instances"))
    )


def _serverless(lines: Lines, *, is_provisioned: bool) -> Iterator[Graph]:
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


def _async(lines: Lines) -> Iterator[Graph]:
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


def _on_gpu(variant: Variant) -> bool:
    instance_type = variant.hosting.instance_for_container
    return instance_type is not None and has_gpu(instance_type)
