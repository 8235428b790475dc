"""DescribeStacks and ListStacks tell what a stack is for, also where a change set made it."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any

import pytest

NAME, TEXT = "Slipway-local-a", "Slipway: <a> & b"


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Ask for the stacks, of which there is one, and return the answer's body."""
    cloudformation = importlib.import_module("ministack.services.cloudformation")
    seam: Any = importlib.import_module("local_aws.ministack_seam")
    monkeypatch.setattr(cloudformation, "_ACTION_HANDLERS", dict(cloudformation._ACTION_HANDLERS))
    record = {
        "StackName": NAME,
        "StackId": "arn:aws:cloudformation:us-east-1:000000000000:stack/a/1",
        "StackStatus": "CREATE_COMPLETE",
        "Description": "",
        "_template_body": json.dumps({"Description": TEXT, "Resources": {}}),
    }
    stacks = seam.scoped_store()
    stacks[NAME] = record
    monkeypatch.setattr(cloudformation, "_stacks", stacks)
    seam.describe_stacks_by_their_templates()
    return lambda action: cloudformation._ACTION_HANDLERS[action]({})[2].decode()


def test_both_tell_it(ask: Callable[[str], str]) -> None:
    assert "<Description>Slipway: &lt;a&gt; &amp; b</Description>" in ask("DescribeStacks")
    assert "<TemplateDescription>Slipway: &lt;a&gt; &amp; b</TemplateDescription>" in ask("ListStacks")
