"""`python -m serving`: install requirements, load the model, warm it up, serve."""

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from serving.core import logs
from serving.core.errors import StartError
from serving.core.settings import listening_port, read_settings
from serving.installer import install
from serving.listener import bind
from serving.server import serve

_SIGNAL_STATUS = 128  # a shell's exit status for a process that a signal ended, plus the signal's number


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM.

    Parameters
    ----------
    arguments
        The command line's, without the program's name.

    Returns
    -------
    int
        The exit status: 0 after an orderly end, 1 when the start failed.
    """
    options = _parser().parse_args(arguments)
    logs.configure()
    for number in (signal.SIGTERM, signal.SIGINT):
        # as process 1 of a container, Python would ignore SIGTERM without a handler
        signal.signal(number, _end_the_start)
    try:
        _serve(options)
    except StartError as error:
        sys.stdout.flush()
        sys.stderr.write(_failure(error))
        return 1
    return 0


def _serve(options: argparse.Namespace) -> None:
    settings = read_settings(options.model_dir, os.environ)
    # before pip and the model take their time, so that a port in use is known at once
    listener = bind(options.host, listening_port(options.port, os.environ))
    packages = install(settings.requirements, packages_dir=options.packages_dir, timeout=options.install_timeout)
    serve(settings, listener, options.drain_timeout, packages)


def _failure(error: StartError) -> str:
    """Return what the log shows of a failed start; its last line is the whole message."""
    parts = [error.details] if error.details else []
    if error.__cause__:
        parts.append("".join(traceback.format_exception(error.__cause__)).rstrip())
    return "\n".join([*parts, f"serving: {error}"]) + "\n"


def _end_the_start(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(_SIGNAL_STATUS + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving",
        description="Serves the model of a directory as SageMaker expects it: GET /ping and POST /invocations.",
        epilog=(
            "The directory is an unpacked model.tar.gz: model.pt and, all optional, code/inference.py,"
            " code/requirements.txt and serving.json. Environment: SAGEMAKER_PROGRAM names another handler in"
            " code/, SAGEMAKER_BIND_TO_PORT the port, SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT the content type of an"
            " answer when the request accepts anything."
        ),
    )
    parser.add_argument("command", nargs="?", choices=["serve"], help="what SageMaker starts a container with")
    parser.add_argument(
        "--model-dir", type=Path, metavar="DIR", default=Path("/opt/ml/model"), help="default: %(default)s"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; default: %(default)s")
    parser.add_argument(
        "--port",
        type=_port,
        metavar="N",
        help="0 takes a free one, which the ready line names; default: SAGEMAKER_BIND_TO_PORT, else 8080",
    )
    parser.add_argument(
        "--packages-dir",
        type=Path,
        metavar="DIR",
        help="install code/requirements.txt into a folder in DIR, reused while it is the same, not here",
    )
    parser.add_argument(
        "--install-timeout",
        type=_seconds,
        metavar="SECONDS",
        default=600.0,
        help="what pip may take to install code/requirements.txt; default: %(default)g",
    )
    parser.add_argument(
        "--drain-timeout",
        type=_whole_seconds,
        metavar="SECONDS",
        default=25,
        help="what requests in flight get to finish after SIGTERM; SageMaker kills after 30; default: %(default)s",
    )
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 0xFFFF:  # noqa: PLR2004 - the last port
        raise argparse.ArgumentTypeError(f"{text} is no port from 0 to 65535")
    return port


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds above 0")
    return seconds


def _whole_seconds(text: str) -> int:
    seconds = int(text)
    if seconds <= 0:
        raise argparse.ArgumentTypeError(f"{text} is no whole number of seconds above 0")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
