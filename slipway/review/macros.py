"""What CloudFormation makes of a template before it deploys it, and nobody knows by the template.

Source: CloudFormation User Guide, "Perform custom processing on CloudFormation templates with template macros";
CloudFormation Template Reference, `Fn::Transform`, `Fn::ForEach` and `AWS::LanguageExtensions`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from slipway.review.assembly import Stack
from slipway.review.intrinsics import as_text

_LOOP = "Fn::ForEach::"
_CALLS = frozenset({"Fn::Transform", "Transform"})
_ONLY_FUNCTIONS = "AWS::LanguageExtensions"
"""It changes nothing but calls of its functions, which are seen where they stand."""

_BRINGS_RESOURCES = frozenset(
    {
        "AWS::CloudFormation::Stack",
        "AWS::CloudFormation::StackSet",
        "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
    }
)
"""Types whose resources stand in another template."""

_MODULE = "::MODULE"
_DIGITS = 12


def is_processed(value: Mapping[str, Any]) -> bool:
    """Whether a macro or a loop adds to a mapping, or makes another one of it."""
    return any(str(key).startswith(_LOOP) or _is_call(key, each) for key, each in value.items())


def holds_macro(value: Any) -> bool:
    """Whether a macro or a loop stands anywhere in a value."""
    if isinstance(value, Mapping):
        return is_processed(value) or any(map(holds_macro, value.values()))
    return isinstance(value, list) and any(map(holds_macro, value))


def unreadable_parts(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield what of a stack may hold policies that its template does not show: where it stands, and its text."""
    transforms = stack.template.get("Transform", [])
    for each in transforms if isinstance(transforms, list) else [transforms]:
        if each != _ONLY_FUNCTIONS:
            # Such a macro reads the whole template, and any change may make another result.
            yield as_text(each), f"{as_text(each)}, given the template {_digest(stack.template)}"
    for key, value in stack.unread.items():
        yield key, as_text(value)
    for key, resource in stack.resources.items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        if (
            kind in _BRINGS_RESOURCES
            or kind.endswith(_MODULE)
            or is_processed(resource)
            or is_processed(properties)
        ):
            yield key, as_text({name: each for name, each in resource.items() if name != "Metadata"})


def _is_call(key: str, value: Any) -> bool:
    # The short form's name may be that of a property as well.
    return key in _CALLS and (key.startswith("Fn::") or (isinstance(value, Mapping) and "Name" in value))


def _digest(template: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:_DIGITS]
