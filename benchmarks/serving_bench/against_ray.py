"""The slim server against AWS's Ray Serve container, and the bridge against a bare Ray Serve deployment."""

from __future__ import annotations

import http.client
import shutil
import sys
from pathlib import Path

import psutil
import yaml

from benchmarks.serving_bench.against_torchserve import ROWS
from benchmarks.serving_bench.models import unpacked
from benchmarks.serving_bench.plan import Plan
from benchmarks.serving_bench.report import Finding, Report
from benchmarks.serving_bench.servers import Server, ray_serve, slim

_CLIENTS = 8
_BARE = Path(__file__).with_name("bare_ray.py")


def compare(plan: Plan, report: Report) -> None:
    """Measure the small model at 8 clients, through the adapter and straight at Ray Serve."""
    folder = plan.folder / "bench_mlp"
    if not folder.exists():
        unpacked("bench_mlp", plan.folder)
    with_bare = _with_bare_deployment(folder)
    with slim(folder, ROWS, plan.log("slim-ray")) as ours, ray_serve(with_bare, ROWS, plan.log("ray")) as ray:
        inner = Server(_serve_port(ray), ray.pid, ray.started_in)
        plan.warm(ours, ROWS)
        for server, path in ((ray, "/invocations"), (inner, "/"), (inner, "/bare")):
            plan.warm(server, ROWS, path=path)
        figures = plan.take_turns(
            {
                "slim": plan.runs(ours, ROWS, _CLIENTS),
                "Ray Serve with the adapter": plan.runs(ray, ROWS, _CLIENTS),
                "Ray Serve, the bridge": plan.runs(inner, ROWS, _CLIENTS, "/"),
                "Ray Serve, bare": plan.runs(inner, ROWS, _CLIENTS, "/bare"),
            }
        )
    report.table(f"small model, {_CLIENTS} clients, Ray Serve", figures)
    adapter, bridge = figures["Ray Serve with the adapter"].rate, figures["Ray Serve, the bridge"].rate
    report.add(
        Finding(
            f"requests/s at {_CLIENTS} clients, slim / Ray Serve", figures["slim"].rate / adapter, 8, at_least=True
        ),
        Finding("time of a request, the bridge / bare Ray Serve", figures["Ray Serve, bare"].rate / bridge, 1.1),
    )


def _with_bare_deployment(folder: Path) -> Path:
    copy = folder.with_name(f"{folder.name}-ray")
    shutil.copytree(folder, copy)
    shutil.copy(_BARE, copy / "bare_ray.py")
    config = yaml.safe_load((copy / "config.yaml").read_text())
    config["applications"].append({"name": "bare", "route_prefix": "/bare", "import_path": "bare_ray:app"})
    (copy / "config.yaml").write_text(yaml.safe_dump(config))
    return copy


def _serve_port(server: Server) -> int:
    """Return where Ray Serve answers behind the adapter."""
    for process in server.processes():
        if process.name().startswith("ray::ProxyActor"):
            for connection in process.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN and _is_http(connection.laddr.port):
                    return int(connection.laddr.port)
    sys.exit("Ray Serve's proxy does not answer")


def _is_http(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/-/healthz")
        return connection.getresponse().status == 200  # noqa: PLR2004
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
