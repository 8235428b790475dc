"""Variants: how many, and on what capacity."""

from collections import Counter
from collections.abc import Iterator

from assets.nearest import did_you_mean
from stacks.instance_types import known_instance_types
from stacks.rules.limits import outside
from stacks.rules.registry import Problem, rule
from stacks.rules.views import EndpointConfig, Variant

_MAX_VARIANTS = 10


@rule(
    EndpointConfig,
    "variant-count",
    "A config has 1 to 10 variants of each kind",
    why="SageMaker takes 1 to 10 production variants, and as many shadow variants, in one endpoint config",
    mend="Split the endpoint, or leave variants out.",
    source="config",
)
def variant_count(config: EndpointConfig) -> Iterator[Problem]:
    """Count production and shadow variants."""
    for name, variants in (
        ("ProductionVariants", config.variants),
        ("ShadowProductionVariants", config.shadow_variants),
    ):
        least = 1 if name == "ProductionVariants" else 0
        if variants is not None and not least <= len(variants) <= _MAX_VARIANTS:
            yield Problem(config.at(name), f"{name} has {len(variants)} variants")


@rule(
    EndpointConfig,
    "variant-names-unique",
    "The variants of a config have different names",
    why="callers, metrics and autoscaling tell variants apart by name, and SageMaker refuses two of the same",
    mend="Give each variant a name of its own.",
    source="config",
)
def variant_names_unique(config: EndpointConfig) -> Iterator[Problem]:
    """Look for a name that occurs twice."""
    names = Counter(variant.name for variant in config.all_variants if variant.name)
    for name, count in names.items():
        if count > 1:
            yield Problem(config.at("ProductionVariants"), f"{count} variants have the name {name}")


@rule(
    Variant,
    "variant-capacity",
    "A variant has instances, instance pools, or is serverless",
    why="SageMaker takes exactly one kind of capacity for a variant",
    mend="Set InstanceType with InitialInstanceCount, or InstancePools, or ServerlessConfig.",
    source="variant",
)
def variant_capacity(variant: Variant) -> Iterator[Problem]:
    """Look at what the variant runs on."""
    nodes = [variant.at(name) for name in ("InstanceType", "InstancePools", "ServerlessConfig")]
    given = [node.path.rpartition(".")[2] for node in nodes if node.present]
    count = variant.at("InitialInstanceCount")
    if len(given) > 1:
        yield Problem(variant.node, f"{variant.label} has {' and '.join(given)}")
    elif all(node.absent for node in nodes):
        yield Problem(variant.node, f"{variant.label} has nothing to run on")
    elif given == ["ServerlessConfig"] and count.present:
        yield Problem(count, f"{variant.label} is serverless and has an InitialInstanceCount")
    elif given == ["InstanceType"] and count.absent and variant.at("ManagedInstanceScaling").absent:
        yield Problem(variant.node, f"{variant.label} has an InstanceType without an InitialInstanceCount")


@rule(
    Variant,
    "instance-count",
    "A variant starts with at least one instance",
    why="SageMaker starts a variant with one instance or more",
    mend="Set InitialInstanceCount to 1 or more.",
    source="variant",
)
def instance_count(variant: Variant) -> Iterator[Problem]:
    """Look at InitialInstanceCount."""
    count = variant.at("InitialInstanceCount")
    if count.number is not None and count.number < 1:
        yield Problem(count, f"{variant.label} starts with {count.number:g} instances")


@rule(
    Variant,
    "instance-type",
    "An instance type is one that SageMaker hosts on",
    why="SageMaker refuses other types, and AWS's API model of the installed botocore does not list it",
    mend="Choose a type of SageMaker's list for hosting.",
    source="variant",
    severity="warning",
)
def instance_type(variant: Variant) -> Iterator[Problem]:
    """Look at every instance type; a warning, because AWS adds types all the time."""
    for node in variant.instance_types:
        if node.text not in known_instance_types():
            hint = (
                did_you_mean(node.text, known_instance_types()).removeprefix("; did you mean ").removesuffix("?")
            )
            yield Problem(node, f"{node.text} is no known instance type", f"Choose {hint}." if hint else "")


@rule(
    Variant,
    "variant-time-outs",
    "Time-outs are 60 to 3600 s, to provision 300 to 3600 s",
    why="SageMaker refuses time-outs outside these ranges",
    mend="Choose a number of seconds within the range.",
    source="variant",
)
def variant_time_outs(variant: Variant) -> Iterator[Problem]:
    """Look at the three time-outs of a variant."""
    yield from outside(variant.at("ContainerStartupHealthCheckTimeoutInSeconds"), 60, 3600, " s")
    yield from outside(variant.at("ModelDataDownloadTimeoutInSeconds"), 60, 3600, " s")
    yield from outside(variant.at("VariantInstanceProvisionTimeoutInSeconds"), 300, 3600, " s")
