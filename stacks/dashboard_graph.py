"""Graphs of a dashboard, and the lines in them."""

from collections.abc import Iterator
from dataclasses import dataclass

from stacks.settings import Variant

REQUESTS = "AWS/SageMaker"
INSTANCES = "/aws/sagemaker/Endpoints"

_MINUTE = 60


@dataclass(frozen=True)
class Line:
    """One line of a graph: a metric of one endpoint, or of one of its variants.

    Parameters
    ----------
    namespace, metric
        The metric.
    dimensions
        Their names and values, in turn.
    stat
        The statistic, as Sum or p99.
    label
        What the graph calls it.
    """

    namespace: str
    metric: str
    dimensions: tuple[str, ...]
    stat: str
    label: str


@dataclass(frozen=True)
class Graph:
    """One graph, whose title is the question that it answers.

    Parameters
    ----------
    title
        The question.
    unit
        Of the values.
    lines
        What it shows.
    period
        Seconds of one point.
    """

    title: str
    unit: str
    lines: tuple[Line, ...]
    period: int = _MINUTE


@dataclass(frozen=True)
class Lines:
    """Makes the lines of one endpoint.

    Parameters
    ----------
    variants
        Its variants.
    endpoint_name
        Its current name.
    """

    variants: tuple[Variant, ...]
    endpoint_name: str

    def each(self, metric: str, stat: str, label: str, *, namespace: str = REQUESTS) -> Iterator[Line]:
        """Yield a line for each variant."""
        for variant in self.variants:
            dimensions = ("EndpointName", self.endpoint_name, "VariantName", variant.name)
            name = label if len(self.variants) == 1 else f"{variant.name}: {label}"
            yield Line(namespace, metric, dimensions, stat, name)

    def whole(self, metric: str, stat: str, label: str) -> Line:
        """Return a line for the endpoint."""
        return Line(REQUESTS, metric, ("EndpointName", self.endpoint_name), stat, label)
