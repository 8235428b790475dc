"""Shadow variants."""

from collections.abc import Iterator

from stacks.instance_types import family
from stacks.rules.registry import Problem, rule
from stacks.rules.views import EndpointConfig

_MEND = "Leave ShadowProductionVariants out, or test the model on a real-time endpoint."


@rule(
    EndpointConfig,
    "shadow-real-time",
    "Shadow variants are for real-time endpoints",
    why="shadow variants work with neither serverless nor asynchronous endpoints",
    mend=_MEND,
    source="shadow",
)
def shadow_real_time(config: EndpointConfig) -> Iterator[Problem]:
    """Look for shadow variants beside serverless ones, or on an asynchronous endpoint."""
    shadows = config.at("ShadowProductionVariants")
    if not (config.shadow_variants and shadows.present):
        return
    if config.is_async:
        yield Problem(shadows, "an asynchronous endpoint has shadow variants")
    if any(variant.serverless for variant in config.all_variants):
        yield Problem(shadows, "a serverless endpoint has shadow variants, or a shadow variant is serverless")


@rule(
    EndpointConfig,
    "shadow-one-each",
    "With a shadow variant, there is one of each kind",
    why="SageMaker mirrors the requests of one production variant to one shadow variant",
    mend="Keep one production and one shadow variant.",
    source="config",
)
def shadow_one_each(config: EndpointConfig) -> Iterator[Problem]:
    """Count both kinds."""
    production, shadow = config.variants, config.shadow_variants
    if production and shadow and len(production) + len(shadow) > 2:  # noqa: PLR2004 (one of each)
        yield Problem(
            config.at("ShadowProductionVariants"), f"{len(shadow)} shadow variants are beside {len(production)}"
        )


@rule(
    EndpointConfig,
    "shadow-exclusions",
    "Shadow tests take one single-model container, and no Inf1",
    why="shadow tests refuse multi-container and multi-model endpoints, and Inf1 instances",
    mend=_MEND,
    source="shadow",
    severity="warning",
)
def shadow_exclusions(config: EndpointConfig) -> Iterator[Problem]:
    """Look for them; a warning, because AWS says so of shadow tests, not of every shadow variant."""
    for variant in config.all_variants if config.shadow_variants else ():
        if len(variant.containers) > 1:
            yield Problem(variant.node, f"{variant.label} has several containers beside a shadow variant")
        if any(container.multi_model for container in variant.containers):
            yield Problem(variant.node, f"{variant.label} is multi-model beside a shadow variant")
        for node in variant.instance_types:
            if family(node.text or "") == "inf1":
                yield Problem(node, f"{variant.label} runs on {node.text} beside a shadow variant")
