"""CDK's own check of the templates, loaded while the models are packaged."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from typing import TypeVar

import aws_cdk as cdk

_Result = TypeVar("_Result")


@cache  # one per process, as CDK's own: its rules take the Node process over a second to load
def _plugin() -> cdk.CloudFormationValidatePlugin:
    return cdk.CloudFormationValidatePlugin()


def load_beside(work: Callable[[], _Result]) -> tuple[cdk.CloudFormationValidatePlugin | None, _Result]:
    """Load CDK's rules in the Node process, and work meanwhile.

    Parameters
    ----------
    work
        Must not touch the CDK: two threads that talk to the Node process at once wait for ever.

    Returns
    -------
    plugin, result
        What checks the templates, as it does in every CDK app, and what `work` returned. The plug-in is None where
        `CDK_VALIDATION=false` turns the check off, as it does in every CDK app.

    Notes
    -----
    Source: AWS CDK API reference, class CloudFormationValidatePlugin (registered, it stands in place of the
    one that CDK makes).
    """
    if os.environ.get("CDK_VALIDATION") == "false":
        return None, work()
    plugin: Future[cdk.CloudFormationValidatePlugin] = Future()

    def load() -> None:
        try:
            plugin.set_result(_plugin())
        except Exception as error:  # noqa: BLE001 (whoever waits for the result gets it)
            plugin.set_exception(error)

    loading = threading.Thread(target=load, name="CDK's rules", daemon=True)
    loading.start()
    try:
        result = work()
    finally:
        # Node complains where an app that failed leaves while it still works.
        loading.join()
    return plugin.result(), result
