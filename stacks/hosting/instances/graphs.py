"""The graphs of instances: how full they are, and how many.

Metrics: Amazon SageMaker AI Developer Guide, "Amazon SageMaker AI metrics in Amazon CloudWatch".
"""

from collections.abc import Iterator

from stacks.dashboard_graph import INSTANCES, Graph, Line, Lines
from stacks.instance_types import has_gpu
from stacks.settings import Variant


def instance_graphs(lines: Lines) -> Iterator[Graph]:
    """Yield memory, disk, CPU and, where there is one, GPU, then the number of instances."""

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


def _on_gpu(variant: Variant) -> bool:
    instance_type = variant.hosting.instance_for_container
    return instance_type is not None and has_gpu(instance_type)
