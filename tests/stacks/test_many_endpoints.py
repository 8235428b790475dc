"""Ten endpoints in one environment: each stack needs the artifact stack, and no other endpoint's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

INSTANCE = {"instance_type": "ml.c7i.large"}
KINDS: dict[str, dict[str, Any]] = {
    "serverless": {"hosting": {"type": "serverless"}},
    "real-time": {
        "hosting": {"type": "real-time", **INSTANCE, "initial_instance_count": 2},
        "data_capture": {"initial_sampling_percentage": 10},
        "encryption": {"volume": "made", "data_capture": "made", "topics": "made"},
        "observability": {"alarm_topic": "made"},
    },
    "scaled": {
        "hosting": {"type": "real-time", **INSTANCE, "autoscaling": {"max_capacity": 2, "target_value": 100}}
    },
    "async": {
        "hosting": {
            "type": "async",
            **INSTANCE,
            "success_topic": "made",
            "error_topic": "made",
            "autoscaling": {"max_capacity": 2, "target_value": 5},
        }
    },
    "shadowed": {
        "hosting": {"type": "real-time", **INSTANCE},
        "shadow": {"model": "linear", "sampling_percentage": 50},
    },
}
ENDPOINTS = {
    f"{kind}-{number}": {"model": "linear", "container": "slim", **settings}
    for kind, settings in KINDS.items()
    for number in (1, 2)
}
SETTINGS = {
    "account": "123456789012",
    "region": "eu-central-1",
    "encryption": {"bucket": "made"},
    "endpoints": ENDPOINTS,
}


@pytest.fixture(scope="module")
def assembly(synthesize: Callable[..., Any]) -> Any:
    return synthesize("ten", yaml.safe_dump(SETTINGS))


def test_there_are_ten() -> None:
    assert len(ENDPOINTS) == 10


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_endpoints_stack_stands_alone(endpoint: str, assembly: Any) -> None:
    names = assembly.settings.names
    own = names.endpoint_stack(endpoint)
    others = {names.endpoint_stack(other) for other in ENDPOINTS} - {own}

    stack = assembly.manifest[own]
    depends_on = {assembly.manifest[one].get("displayName", one) for one in stack["dependencies"]}
    assert names.artifact_stack in depends_on
    assert depends_on.isdisjoint(others)

    template = assembly.endpoint(endpoint).content
    assert "Fn::ImportValue" not in json.dumps(template)
    assert "Fn::GetStackOutput" not in json.dumps(template)
    assert not [output for output in template.get("Outputs", {}).values() if "Export" in output]


@pytest.mark.parametrize("property_name", ["EndpointName", "LogGroupName", "DashboardName", "Name"])
def test_no_two_endpoints_take_the_same_name(property_name: str, assembly: Any) -> None:
    taken = [
        (resource["Type"], json.dumps(resource["Properties"][property_name]))
        for endpoint in ENDPOINTS
        for resource in assembly.endpoint(endpoint).content["Resources"].values()
        if property_name in resource.get("Properties", {})
    ]
    assert len(taken) == len(set(taken)) > 0
