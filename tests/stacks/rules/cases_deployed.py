"""Updates of what is deployed: a first deployment, and the one that follows it."""

from typing import NamedTuple

from .cases import Deployment
from .deployments import ASYNC, SERVERLESS, blue_green

_NEW_ENDPOINT = "Make a new endpoint"
_SCALED: Deployment = {"target": {}, "endpoint": {"retain_all_variant_properties": True}}
_GUARDED: Deployment = {"endpoint": {"deployment_config": blue_green()}}
_A: Deployment = {"variants": [{"variant_name": "A"}]}
_AND_B: Deployment = {"variants": [{"variant_name": "A"}, {"variant_name": "B"}]}
_LARGER: Deployment = {"variants": [{"instance_type": "ml.c7i.xlarge"}]}


class Update(NamedTuple):
    """An update that is valid, or breaks one rule.

    Parameters
    ----------
    before, after
        What is deployed, and what is to take its place.
    rule
        The id of the rule that it breaks; empty where it is valid.
    mend
        A part of how to mend it.
    """

    before: Deployment
    after: Deployment
    rule: str = ""
    mend: str = ""


UPDATES: dict[str, Update] = {
    "to-serverless": Update({}, {"variants": [SERVERLESS]}, "update-to-serverless", _NEW_ENDPOINT),
    "to-serverless-under-another-name": Update(
        {"endpoint": {"endpoint_name": "one"}},
        {"endpoint": {"endpoint_name": "two"}, "variants": [SERVERLESS]},
    ),
    "from-serverless": Update({"variants": [SERVERLESS]}, {}),
    "to-async": Update({}, {"config": {"async_inference_config": ASYNC}}),
    "another-type": Update({}, _LARGER),
    "another-type-scaled": Update(_SCALED, _SCALED | _LARGER, "update-scaled-instance-type", _NEW_ENDPOINT),
    "scaled-unchanged": Update(_SCALED, _SCALED),
    "variant-renamed": Update(_GUARDED, _GUARDED | _A, "update-variant-names", "Keep the names"),
    "variant-added": Update(_GUARDED | _A, _GUARDED | _AND_B, "update-variant-names", "Keep the names"),
    "variant-removed": Update(_GUARDED | _AND_B, _GUARDED | _A, "update-variant-names", "Keep the names"),
    "variant-renamed-without-guardrails": Update({}, _A),
    "variants-in-another-order": Update(
        _GUARDED | _AND_B, _GUARDED | {"variants": [{"variant_name": "B"}, {"variant_name": "A"}]}
    ),
    "shadow-added": Update(_GUARDED, _GUARDED | {"shadow": [{}]}),
}
