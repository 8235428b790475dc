"""`python -m local_aws.sagemaker.software.with_packages`: what an image adds to the software that stands in.

It installs a requirements file into a folder of its own, which every start reuses while the file is the same (the
image builder has made it already, unless it was removed), puts that on Python's path, and becomes the command that
follows.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from serving.core.errors import StartError
from serving.installer import install

INSTALL_TIMEOUT = 600.0
"""Seconds that pip may take, as `python -m serving` gives it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Become the command; return the exit status only when that fails.

    Parameters
    ----------
    arguments
        The command line's, without the program's name.
    """
    parser = argparse.ArgumentParser(prog="python -m local_aws.sagemaker.software.with_packages")
    parser.add_argument("--requirements", type=Path, metavar="FILE", required=True, help="what pip installs")
    parser.add_argument("--packages-dir", type=Path, metavar="DIR", required=True, help="where it is kept")
    parser.add_argument("command", nargs="+", help="what is started then, after two hyphens")
    options = parser.parse_args(arguments)
    try:
        packages = install(options.requirements, packages_dir=options.packages_dir, timeout=INSTALL_TIMEOUT)
    except StartError as error:
        sys.stdout.flush()
        sys.stderr.write(f"{error.details}\nslipway: of the image's Dockerfile, {error}\n")
        return 1
    paths = [os.environ.get("PYTHONPATH", ""), str(packages)]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    os.execv(options.command[0], options.command)  # noqa: S606 - by design without a shell
    return 1


if __name__ == "__main__":
    sys.exit(main())
