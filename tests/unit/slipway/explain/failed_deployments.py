"""What tests of failed deployments share: AWS's words, and what `slipway explain` makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Slipway = Callable[..., Any]
PING = (
    "The primary container for production variant AllTraffic did not pass the ping health check. Please check "
    "CloudWatch logs for this endpoint."
)
ROLE = "arn:aws:iam::000000000000:role/own"
TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/opt/ml/model/code/inference.py", line 19, in model_fn',
    "    raise FileNotFoundError('vocabulary.txt')",
    "FileNotFoundError: vocabulary.txt",
)


def wrapped(message: str) -> str:
    """What CloudFormation makes of the message of a service."""
    return f'Resource handler returned message: "{message}" (RequestToken: 1, HandlerErrorCode: InternalFailure)'


def explained(slipway: Slipway, *arguments: str) -> dict[str, Any]:
    """What --json says of an endpoint that is not healthy."""
    ran = slipway("explain", "linear", "--json", *arguments)
    assert (ran.status, ran.errors) == (1, ""), ran
    told = json.loads(ran.text)
    assert told["healthy"] is False
    return dict(told)


def first(slipway: Slipway) -> dict[str, Any]:
    return dict(explained(slipway)["findings"][0])
