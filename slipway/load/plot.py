"""Latency against throughput, as a picture."""

from __future__ import annotations

from pathlib import Path

from slipway.errors import CommandError
from slipway.load.report import LoadResult

_INCHES, _DOTS_PER_INCH = (8, 5), 120
_LINES = ("p50", "p95", "p99")


def plot(result: LoadResult, file: Path) -> None:
    """Draw a PNG: a point for each number of clients that had answers, a line for each percentile.

    Parameters
    ----------
    result
        With an answer at the least.
    file
        Where the picture goes; one that is there is replaced.

    Raises
    ------
    CommandError
        It cannot be written.
    """
    # Imported only where there is something to draw: it takes a while. Without pyplot there is no window either.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    stages = [(stage, stage.latency_ms) for stage in result.stages if stage.latency_ms]
    figure = Figure(figsize=_INCHES, dpi=_DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    rates = [stage.requests_per_second for stage, _ in stages]
    for name in _LINES:
        axes.plot(rates, [getattr(latency, name) for _, latency in stages], marker="o", label=name)
    for stage, latency in stages:
        axes.annotate(
            f"{stage.concurrency}",
            (stage.requests_per_second, latency.p50),
            textcoords="offset points",
            xytext=(0, -14),
            ha="center",
        )
    axes.set_title(f"{result.endpoint_name}: {result.request.source}, clients in a closed loop")
    axes.set_xlabel("answers per second (the number of clients is written at each point)")
    axes.set_ylabel("latency in ms")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    try:
        figure.savefig(file, format="png")
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}") from error
