"""`python -m benchmarks.torchserve --model-dir DIR --port N`: serve until SIGTERM.

What it prints is JSON, one object a line, as of `python -m serving`: `{"event": "ready", "port": N}`.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from benchmarks.torchserve.environment import torchserve_python
from benchmarks.torchserve.server import TorchServe, TorchServeFailedError
from local_aws.sagemaker.software.ray_serve.environment import EnvironmentFailedError


def main() -> int:
    """Serve, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.torchserve", description=__doc__)
    parser.add_argument("--model-dir", type=Path, required=True, metavar="DIR", help="the unpacked tarball")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="default: a free one")
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        python = torchserve_python(lambda text: _print("progress", text=text))
        with TorchServe(python, options.model_dir, options.port) as server:
            server.wait_ready()
            _print("ready", port=server.port, pid=server.pid)
            while server.is_running() and not stop.wait(0.2):
                pass
    except (EnvironmentFailedError, TorchServeFailedError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0 if stop.is_set() else 1


def _print(event: str, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
