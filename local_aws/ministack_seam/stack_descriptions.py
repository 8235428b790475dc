"""What a stack is for, which ministack forgets where a change set made the stack, and never lists."""

from __future__ import annotations

import functools
import re
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import cloudformation
from ministack.services.cloudformation import engine

_STACK_ID = re.compile(rb"<StackId>(.*?)</StackId>")


def describe_stacks_by_their_templates() -> None:
    """Let DescribeStacks and ListStacks tell the description of a stack's template, as on AWS."""
    describe = cloudformation._ACTION_HANDLERS["DescribeStacks"]
    listed = cloudformation._ACTION_HANDLERS["ListStacks"]

    def described(params: Any) -> Any:
        for record in cloudformation._stacks.values():
            record["Description"] = _description(record)
        return describe(params)

    def listed_with_description(params: Any) -> Any:
        status, headers, body = listed(params)
        texts = {record["StackId"]: _description(record) for record in cloudformation._stacks.values()}

        def with_description(found: re.Match[bytes]) -> bytes:
            text = texts.get(found[1].decode(), "")
            told = f"<TemplateDescription>{escape(text)}</TemplateDescription>" if text else ""
            return found[0] + told.encode()

        return status, headers, _STACK_ID.sub(with_description, body)

    cloudformation._ACTION_HANDLERS["DescribeStacks"] = described
    cloudformation._ACTION_HANDLERS["ListStacks"] = listed_with_description


def _description(record: Any) -> str:
    return _of_template(record.get("_template_body") or "{}")


@functools.lru_cache(maxsize=256)
def _of_template(body: str) -> str:
    try:
        template = engine._parse_template(body)
    except ValueError:
        return ""
    return str(template.get("Description") or "")
