"""Runs pip as if on another machine: the program that `assets.vendored.pip_process` runs.

    python pip_program.py MARKERS ARGUMENTS…

pip chooses wheels by --platform and --python-version, but reads the conditions of requirements, such as
`python_version < "3.12"`, by the Python that it runs on. MARKERS, a JSON object, says what they mean instead; null
leaves them alone. It imports nothing of Slipway, and ends when its standard input is closed, so that it never
outlives the process that started it.
"""

import json
import os
import signal
import sys
import threading

# There is no public door; a test of its own says when a new pip has moved it.
from pip._internal.cli.main import main
from pip._vendor.packaging import markers


def _end_with_parent() -> None:
    def wait() -> None:
        os.read(0, 1)
        os.killpg(0, signal.SIGKILL)  # it is started as the leader of a group of its own

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    _end_with_parent()
    container = json.loads(sys.argv[1])
    if container is not None:
        markers.default_environment = lambda: dict(container)
    sys.exit(main(sys.argv[2:]))
