"""A template as people read it: digests masked, documents inside of texts written out."""

from __future__ import annotations

import json
import re
from typing import Any

# What follows from the bytes of a model, an image or a function: 64 hexadecimal digits of SHA-256.
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


def readable(value: Any) -> Any:
    """The same with digests masked, and with joins and JSON texts written out."""
    if isinstance(value, list):
        return [readable(item) for item in value]
    if not isinstance(value, dict):
        return _document(_DIGEST.sub("<digest>", value)) if isinstance(value, str) else value
    if value.keys() == {"Fn::Join"}:
        separator, parts = value["Fn::Join"]
        return readable(separator.join(part if isinstance(part, str) else _reference(part) for part in parts))
    return {key: readable(item) for key, item in value.items()}


def _reference(part: dict[str, Any]) -> str:
    """A reference as `Fn::Sub` writes it."""
    ((function, target),) = part.items()
    return f"${{{'.'.join(target) if function == 'Fn::GetAtt' else target}}}"


def _document(text: str) -> Any:
    return json.loads(text) if text.startswith("{") else text
