"""What UpdateEndpoint refuses."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.api_error import ApiError
from local_aws.sagemaker.update_rules import NothingScales, refuse_change

ENDPOINT = {"EndpointName": "linear", "EndpointArn": "arn:aws:sagemaker:us-east-1:000000000000:endpoint/linear"}
INSTANCE = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
OTHER_INSTANCE = {"InstanceType": "ml.g5.xlarge", "InitialInstanceCount": 1}
SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
Variant = dict[str, Any]


class Scaling(NothingScales):
    """Some variants are scalable targets."""

    def __init__(self, *names: str) -> None:
        self._names = set(names)

    def variants_of(self, endpoint_name: str) -> set[str]:
        return self._names if endpoint_name == "linear" else set()


def config(**variants: Variant) -> dict[str, Any]:
    return {"ProductionVariants": [{"VariantName": name, **members} for name, members in variants.items()]}


def refusal(before: Any, after: Any, *scaled: str) -> str:
    with pytest.raises(ApiError) as caught:
        refuse_change(ENDPOINT, before, after, Scaling(*scaled))
    assert caught.value.code == "ValidationException"
    return caught.value.message


@pytest.mark.parametrize("after", [config(blue=OTHER_INSTANCE), config(green=INSTANCE)], ids=["type", "end"])
def test_a_scalable_target_neither_changes_its_instance_type_nor_goes(after: dict[str, Any]) -> None:
    assert refusal(config(blue=INSTANCE), after, "blue") == (
        'The variant(s) "["blue"]" must be deregistered as scalable targets with AutoScaling before they can be'
        " removed or have their instance type updated."
    )


def test_only_the_targets_that_change_are_named() -> None:
    before = config(blue=INSTANCE, green=INSTANCE, red=INSTANCE, grey=INSTANCE)
    after = config(blue=INSTANCE, green=OTHER_INSTANCE, grey=OTHER_INSTANCE)

    assert '"["green","red"]"' in refusal(before, after, "blue", "green", "red")


@pytest.mark.parametrize(
    ("before", "after", "scaled"),
    [
        (config(blue=INSTANCE), config(blue=OTHER_INSTANCE), []),
        (config(blue=INSTANCE), config(blue=OTHER_INSTANCE), ["gone long ago"]),
        (
            config(blue=INSTANCE),
            config(blue={**INSTANCE, "ModelName": "new", "InitialInstanceCount": 3}),
            ["blue"],
        ),
        (config(blue=INSTANCE), config(blue=INSTANCE, green=OTHER_INSTANCE), ["blue"]),
        (config(blue=SERVERLESS), config(blue={"ServerlessConfig": {"MemorySizeInMB": 4096}}), ["blue"]),
        (None, config(blue=OTHER_INSTANCE), ["blue"]),
    ],
    ids=["none scales", "another scales", "model and count", "one more variant", "serverless", "config deleted"],
)
def test_anything_else_is_let_through(before: Any, after: Any, scaled: list[str]) -> None:
    refuse_change(ENDPOINT, before, after, Scaling(*scaled))


def test_instances_do_not_become_serverless() -> None:
    assert "cannot be updated to a serverless one" in refusal(config(blue=INSTANCE), config(blue=SERVERLESS))
    refuse_change(ENDPOINT, config(blue=SERVERLESS), config(blue=INSTANCE), NothingScales())
