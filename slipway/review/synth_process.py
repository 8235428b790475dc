"""Synthesizes environments of a checkout with that checkout's own app, all in one process.

Run as a script, with the checkout as its working directory; it imports nothing of this package, since what it
imports of a checkout has to be that checkout's. The argument is a request in JSON, a line with the name of each
environment goes to stdout when its turn comes, and `result.json` in the output folder says what failed.
"""

from __future__ import annotations

import json
import runpy
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_CONTEXT = {
    "preflight": "false",
    # The CDK CLI's own switch: findings go into the report, and the template is written all the same.
    "@aws-cdk/core:failSynthOnValidationErrors": False,
    # As the CDK CLI has it: each resource says where in the construct tree it is.
    "aws:cdk:enable-path-metadata": True,
}


def main() -> None:
    """Do what the request says."""
    request = json.loads(sys.argv[1])
    output = Path(request["output"])
    checkout = Path.cwd()
    # Before whatever is installed, which is another checkout.
    sys.path.insert(0, str(checkout))
    failures: dict[str, str] = {}
    for environment in request["environments"]:
        print(environment, flush=True)  # noqa: T201 - whoever started this process reads it
        failure = _synthesize(checkout, environment, output / environment)
        if failure is not None:
            failures[environment] = failure
    (output / "result.json").write_text(json.dumps(failures), encoding="utf-8")


def _synthesize(checkout: Path, environment: str, folder: Path) -> str | None:
    """Run the app, and return why it failed, or None."""
    try:
        context = json.loads((checkout / "cdk.json").read_text(encoding="utf-8")).get("context", {})
        with _every_app({**context, **_CONTEXT, "env": environment}, folder):
            runpy.run_path(str(checkout / "app.py"), run_name="__main__")
    except SystemExit as end:
        return str(end.code) if end.code else None
    except Exception as error:  # noqa: BLE001 - the app is somebody's branch: whatever it raises is its failure
        traceback.print_exc()
        return f"{type(error).__name__}: {error}"
    return None


@contextmanager
def _every_app(context: dict[str, Any], folder: Path) -> Iterator[None]:
    """Give every CDK app that is made the context and the folder that the CDK CLI would give it."""
    import aws_cdk as cdk  # noqa: PLC0415 - it starts Node, with the environment of that moment

    made = cdk.App.__init__

    def init(self: Any, **properties: Any) -> None:
        own = dict(properties.pop("context", None) or {})
        made(self, **{**properties, "context": {**own, **context}, "outdir": str(folder)})
        _add_nag(cdk, self)

    cdk.App.__init__ = init  # type: ignore[method-assign]
    try:
        yield
    finally:
        cdk.App.__init__ = made  # type: ignore[method-assign]


def _add_nag(cdk: Any, app: Any) -> None:
    """Have cdk-nag judge the app, where it is installed."""
    try:
        from cdk_nag import AwsSolutionsChecks  # noqa: PLC0415 - only the development requirements have it
    except ImportError:
        return
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))


if __name__ == "__main__":
    main()
