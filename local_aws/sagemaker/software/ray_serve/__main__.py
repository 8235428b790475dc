"""`python -m local_aws.sagemaker.software.ray_serve`: what the container does before it starts Ray, then Ray.

It takes the options of `python -m serving`, so that whoever starts one can start the other.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from local_aws.sagemaker.software.ray_serve import scratch
from local_aws.sagemaker.software.ray_serve.environment import EnvironmentFailedError, find_or_make
from serving.core.errors import StartError
from serving.installer import install

_NODE = "local_aws.sagemaker.software.ray_serve.node"
# Ray reads them when it is imported: without the first it takes the machine's own address instead of 127.0.0.1
_FOR_RAY = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
_ENVIRONMENTS = Path(__file__).resolve().parents[4] / ".slipway" / "ray-serve"


def main(arguments: Sequence[str] | None = None) -> int:
    """Become the node; return the exit status only when that fails, or when nothing is to be served.

    Parameters
    ----------
    arguments
        The command line's, without the program's name.
    """
    options = _parser().parse_args(arguments)
    scratch.sweep()
    try:
        python = find_or_make(options.environments, _say).python
        if options.command == "prepare":
            return 0
        requirements = options.model_dir / "code" / "requirements.txt"
        packages = install(requirements, packages_dir=options.packages_dir, timeout=options.install_timeout)
    except (EnvironmentFailedError, StartError) as error:
        sys.stdout.flush()
        sys.stderr.write(f"slipway: {error}\n")
        return 1
    os.environ.update(_FOR_RAY)
    command = [str(python), "-P", "-m", _NODE, str(options.model_dir.resolve()), options.host, str(options.port)]
    os.execv(python, [*command, *([str(packages)] if packages else [])])  # noqa: S606 - by design without a shell
    return 1


def _say(text: str) -> None:
    print(f"slipway: {text}", flush=True)  # noqa: T201 - into the log of the endpoint


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local_aws.sagemaker.software.ray_serve",
        description="Serves an unpacked model.tar.gz on this machine as AWS's Ray Serve container does.",
    )
    parser.add_argument(
        "command",
        nargs="?",
        choices=["serve", "prepare"],
        help="serve: what SageMaker starts a container with; prepare: make the environment, and serve nothing",
    )
    parser.add_argument("--model-dir", type=Path, metavar="DIR", required=True, help="the unpacked tarball")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; default: %(default)s")
    parser.add_argument("--port", type=int, metavar="N", required=True, help="port to listen on")
    parser.add_argument(
        "--packages-dir",
        type=Path,
        metavar="DIR",
        required=True,
        help="install code/requirements.txt into a folder in DIR, reused while it is the same",
    )
    parser.add_argument(
        "--install-timeout",
        type=float,
        metavar="SECONDS",
        default=600.0,
        help="what pip may take to install code/requirements.txt; default: %(default)g",
    )
    parser.add_argument(
        "--environments",
        type=Path,
        metavar="DIR",
        default=_ENVIRONMENTS,
        help="where the environment of Ray Serve lies, or is made; default: %(default)s",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
