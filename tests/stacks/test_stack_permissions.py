"""The local AWS in strict mode knows what the resources of every committed environment and example need."""

from collections.abc import Callable
from typing import Any

import pytest

from local_aws import ministack_seam as seam
from local_aws.stack_permissions import permissions

from .examples import EXAMPLES, NAMES


def assert_something_is_asked_for_everything(assembly: Any) -> None:
    templates = [assembly.artifacts, *(assembly.endpoint(name) for name in assembly.settings.endpoints)]
    for template in templates:
        for logical_id, resource in template.content["Resources"].items():
            # References are resolved when a resource is made; a name that is one counts as made up here.
            known = {k: v for k, v in resource.get("Properties", {}).items() if not isinstance(v, dict)}
            change = seam.Change(None, "a-stack", logical_id, resource["Type"], None, None, known)
            with seam.request_scope("123456789012", "eu-central-1"):
                assert list(permissions(change)), f"nothing is asked for {resource['Type']}"


@pytest.mark.parametrize("environment", ["local", "dev", "staging", "prod"])
def test_something_is_asked_for_every_resource(environment: str, synthesize: Callable[..., Any]) -> None:
    assert_something_is_asked_for_everything(synthesize(environment))


@pytest.mark.parametrize("name", NAMES)
def test_something_is_asked_for_every_resource_of_an_example(name: str, synthesize: Callable[..., Any]) -> None:
    assert_something_is_asked_for_everything(synthesize(name, (EXAMPLES / f"{name}.yaml").read_text()))
