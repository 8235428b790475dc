"""Updates of an endpoint that is deployed already; without deployed templates these rules see nothing."""

from collections.abc import Iterator

from stacks.rules.registry import Problem, rule
from stacks.rules.rollouts import Rollout
from stacks.rules.scaling import targets
from stacks.rules.subjects import EndpointUpdate

_NEW_ENDPOINT = "Make a new endpoint: give the construct another id, and the endpoint another name."


@rule(
    EndpointUpdate,
    "update-to-serverless",
    "An endpoint on instances does not become serverless",
    why="SageMaker cannot update an endpoint with instances to a serverless one",
    mend=_NEW_ENDPOINT,
    source="serverless",
)
def update_to_serverless(update: EndpointUpdate) -> Iterator[Problem]:
    """Compare the kinds of the deployed and the new variants."""
    on_instances = any(variant.instance_types for variant in update.old.variants)
    if on_instances and any(variant.serverless for variant in update.new.variants):
        yield Problem(update.new.at("EndpointConfigName"), "the deployed endpoint runs on instances")


@rule(
    EndpointUpdate,
    "update-variant-names",
    "A guarded update keeps the variants' names",
    why="deployment guardrails need the same variant names in the old and the new config",
    mend="Keep the names of the variants.",
    source="exclusions",
)
def update_variant_names(update: EndpointUpdate) -> Iterator[Problem]:
    """Compare the names of the deployed and the new variants."""
    old = {variant.name for variant in update.old.variants}
    new = {variant.name for variant in update.new.variants}
    if Rollout(update.new).has_policy and old and new and None not in old | new and old != new:
        names = ", ".join(sorted(str(name) for name in old))
        yield Problem(update.new.at("EndpointConfigName"), f"the deployed variants are {names}")


@rule(
    EndpointUpdate,
    "update-scaled-instance-type",
    "A scaled variant keeps its instance type",
    why="UpdateEndpoint refuses another instance type while the variant is registered for autoscaling",
    mend=f"Deregister the scalable target first. {_NEW_ENDPOINT}",
    source="scaling",
)
def update_scaled_instance_type(update: EndpointUpdate) -> Iterator[Problem]:
    """Compare the instance types of the variants that are scaled now."""
    scaled = {target.variant.name for target in targets(update.old) if target.variant}
    old = {variant.name: variant.at("InstanceType").text for variant in update.old.variants}
    for variant in update.new.variants:
        node = variant.at("InstanceType")
        before = old.get(variant.name)
        if variant.name in scaled and before and node.text and node.text != before:
            yield Problem(node, f"{variant.label} is scaled and runs on {before} now, not on {node.text}")
