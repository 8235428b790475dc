"""What SageMaker would refuse of an update is found by comparing the two states."""

import json
from pathlib import Path
from typing import Any

from slipway.review.assembly import Assembly, Stack
from slipway.review.update_findings import update_findings

from .templates import resource

INSTANCES = {"VariantName": "V", "ModelName": "m", "InstanceType": "ml.c5.large", "InitialInstanceCount": 1}
SERVERLESS = {
    "VariantName": "V",
    "ModelName": "m",
    "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1},
}


def assembly(folder: Path, variant: dict[str, Any]) -> Assembly:
    config = resource("AWS::SageMaker::EndpointConfig", ProductionVariants=[variant])
    name = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
    endpoint = resource("AWS::SageMaker::Endpoint", EndpointName="e", EndpointConfigName=name)
    template = {"Resources": {"Config": config, "Endpoint": endpoint}}
    folder.mkdir()
    path = folder / "S.template.json"
    path.write_text(json.dumps(template))
    return Assembly({"S": Stack("S", path, template)}, folder)


def test_an_endpoint_on_instances_does_not_become_serverless(tmp_path: Path) -> None:
    old, new = assembly(tmp_path / "old", INSTANCES), assembly(tmp_path / "new", SERVERLESS)
    (found,) = update_findings(old, new)
    assert (found.rule, found.severity, found.where) == ("update-to-serverless", "error", "Endpoint")


def test_an_endpoint_that_stays_as_it_is_or_is_new_has_no_update(tmp_path: Path) -> None:
    same = assembly(tmp_path / "same", INSTANCES)
    assert update_findings(same, same) == []
    assert update_findings(Assembly({}), same) == []
