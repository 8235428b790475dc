"""Ray, Ray Serve and the adapter in front of it: what runs in AWS's Ray Serve container after its start.

It runs in the environment of Ray Serve, on 127.0.0.1 alone as far as Ray can be held to it: the replicas' internal
gRPC port listens on every interface.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvicorn

from local_aws.sagemaker.software.ray_serve import scratch
from local_aws.sagemaker.software.ray_serve.adapter import Adapter, backend_timeout
from local_aws.sagemaker.software.ray_serve.cluster import Cluster, NodeError, end_children

_HOST = "127.0.0.1"
_ENDED = 128  # a shell's exit status for a process that a signal ended, plus the signal's number


def main(model_dir: Path, host: str, port: int, packages: str | None = None) -> int:
    """Serve until SIGTERM; return the exit status.

    Parameters
    ----------
    model_dir
        The unpacked tarball.
    host, port
        Where the adapter answers.
    packages
        The folder with what code/requirements.txt asked for.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    problem = None
    with _alone() as folder, socket.socket() as listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            # as AWS's start has it; what Ray starts inherits it, and the checkout is not on it
            os.environ["PYTHONPATH"] = ":".join(filter(None, [str(model_dir), str(model_dir / "code"), packages]))
            problem = _serve(Cluster(model_dir, folder, free_port()), listener, backend_timeout(os.environ))
        except (NodeError, OSError, ValueError) as error:
            problem = str(error)
    if problem:
        sys.stdout.flush()
        sys.stderr.write(f"slipway: {problem}\n")
    return 1 if problem else 0


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _serve(cluster: Cluster, listener: socket.socket, timeout: int) -> str | None:
    """Serve until a signal, or until Ray Serve ends; return why it ended."""
    cluster.start()
    config = uvicorn.Config(
        Adapter(cluster.url, timeout),
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
    )
    server = uvicorn.Server(config)
    problems: list[str] = []

    def stop(_number: int = 0, _frame: FrameType | None = None) -> None:
        server.should_exit = True

    def watch() -> None:
        problems.append(cluster.wait_for_end())
        stop()

    for number in (signal.SIGTERM, signal.SIGINT):  # Ray has set its own
        signal.signal(number, stop)
    threading.Thread(target=watch, daemon=True).start()
    listener.listen(socket.SOMAXCONN)
    server.run(sockets=[listener])
    return problems[0] if problems else None


@contextmanager
def _alone() -> Iterator[Path]:
    """Give a folder to Ray; at the end, leave neither it nor a process behind."""
    folder = scratch.make()
    try:
        yield folder
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        end_children()
        shutil.rmtree(folder, ignore_errors=True)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(_ENDED + number)


if __name__ == "__main__":
    _model_dir, _host, _port, *_packages = sys.argv[1:]
    _status = main(Path(_model_dir), _host, int(_port), *_packages)
    sys.stdout.flush()
    # Ray's threads would wait for a cluster that has ended
    os._exit(_status)
