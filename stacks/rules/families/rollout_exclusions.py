"""Deployment guardrails: where they work, and what they need."""

from collections.abc import Iterator

from stacks.instance_types import family
from stacks.rules.registry import Problem, rule
from stacks.rules.roles import Acted, Role
from stacks.rules.rollouts import Rollout
from stacks.rules.template import Node
from stacks.rules.views import Variant

# Whose model packages those of AWS Marketplace are, by region (ARNs in AWS's own example notebooks).
_MARKETPLACE_ACCOUNTS = {
    *("865070037744", "057799348421", "382657785993", "594846645681", "470592106596", "446921602837"),
    *("985815980388", "856760150666", "843114510376", "136758871317", "192199979996", "666831318237"),
    *("745090734665", "977537786026", "077584701553", "270155090741"),
}
_UNGUARDED = "SageMaker then updates all at once and without baking, whatever the policy says"


@rule(
    Rollout,
    "rollout-serverless",
    "Guardrails are for real-time and asynchronous endpoints",
    why="deployment guardrails, blue/green and rolling, do not work with serverless endpoints",
    mend="Leave BlueGreenUpdatePolicy and RollingUpdatePolicy out.",
    source="guardrails",
)
def rollout_serverless(rollout: Rollout) -> Iterator[Problem]:
    """Look for serverless variants."""
    for variant in rollout.endpoint.variants if rollout.has_policy else ():
        if variant.serverless:
            yield Problem(rollout.node, f"{variant.label} is serverless")


@rule(
    Rollout,
    "rolling-one-variant",
    "A rolling deployment has one variant",
    why="rolling deployments do not work with several variants",
    mend="Take a blue/green deployment, or keep one variant.",
    source="exclusions",
)
def rolling_one_variant(rollout: Rollout) -> Iterator[Problem]:
    """Count the variants."""
    if rollout.rolling.present and len(rollout.endpoint.variants) > 1:
        yield Problem(rollout.rolling, f"the endpoint has {len(rollout.endpoint.variants)} variants")


@rule(
    Rollout,
    "rollout-inf1",
    "Guardrails do not work on Inf1",
    why=_UNGUARDED,
    mend="Choose Inf2 or a GPU instance type, or leave the update policy out.",
    source="exclusions",
    severity="warning",
)
def rollout_inf1(rollout: Rollout) -> Iterator[Problem]:
    """Look for Inf1; a warning, because the deployment works, if unguarded."""
    for variant in rollout.endpoint.variants if rollout.has_policy else ():
        for node in variant.instance_types:
            if family(node.text or "") == "inf1":
                yield Problem(node, f"{variant.label} runs on {node.text}")


@rule(
    Rollout,
    "rollout-marketplace",
    "Guardrails do not work with AWS Marketplace models",
    why=_UNGUARDED,
    mend="Leave the update policy out.",
    source="exclusions",
    severity="warning",
)
def rollout_marketplace(rollout: Rollout) -> Iterator[Problem]:
    """Look for Marketplace's model packages; a warning, because the deployment works, if unguarded."""
    for variant in rollout.endpoint.variants if rollout.has_policy else ():
        for container in variant.containers:
            package = container.node.at("ModelPackageName")
            account = (package.text or "").split(":")[4:5]
            if account and account[0] in _MARKETPLACE_ACCOUNTS:
                yield Problem(package, f"{variant.label} runs a model package of AWS Marketplace")


@rule(
    Rollout,
    "baking-alarms",
    "Baking needs alarms",
    why="without an alarm nothing ends the wait early, and nothing rolls back",
    mend="Name alarms in AutoRollbackConfiguration, for example on Invocation5XXErrors, or set the wait to 0.",
    source="monitoring",
    severity="warning",
)
def baking_alarms(rollout: Rollout) -> Iterator[Problem]:
    """Look for a wait without alarms."""
    if rollout.wait.number and rollout.alarms.items == []:
        yield Problem(rollout.wait, f"the deployment waits {rollout.wait.number:g} s, and no alarm is watched")


@rule(
    Rollout,
    "rollback-permission",
    "The execution role may read the rollback alarms",
    why="SageMaker reads the alarms with the execution role, by cloudwatch:DescribeAlarms, or the update fails",
    mend="Allow the execution role cloudwatch:DescribeAlarms on the alarms.",
    source="monitoring",
)
def rollback_permission(rollout: Rollout) -> Iterator[Problem]:
    """Look at the roles, where this template has them with all their policies."""
    alarms = rollout.alarms.items or []
    for role in _roles(rollout.endpoint.variants):
        hidden = [alarm for alarm in alarms if role.lacks("cloudwatch:DescribeAlarms", _acted(alarm))]
        if hidden:
            names = [name for alarm in hidden if (name := alarm.at("AlarmName").text)]
            what = ", ".join(names) if len(names) == len(hidden) else "alarms"
            yield Problem(rollout.alarms, f"the role {role.resource.logical_id} may not read {what}")


def _acted(alarm: Node) -> Acted | None:
    name = alarm.at("AlarmName").text
    return Acted("cloudwatch", f"alarm:{name}") if name else None


def _roles(variants: list[Variant]) -> list[Role]:
    return variants[0].config.roles if variants else []
