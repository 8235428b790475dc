"""Serverless variants: their sizes and limits."""

from collections.abc import Iterator

from assets.nearest import nearest
from stacks.rules.limits import outside
from stacks.rules.registry import Problem, rule
from stacks.rules.views import Variant

_MEMORY_SIZES = (1024, 2048, 3072, 4096, 5120, 6144)  # MB
_START_SECONDS = 180
_RESPONSE_SECONDS = 60
_BODY_BYTES = 4 * 1024 * 1024
_RESPONSE_TIME_OUTS = (
    "SAGEMAKER_TS_RESPONSE_TIMEOUT",
    "SAGEMAKER_MODEL_SERVER_TIMEOUT",
    "RAYSERVE_BACKEND_TIMEOUT",
)
_BODY_LIMITS = ("TS_MAX_REQUEST_SIZE", "TS_MAX_RESPONSE_SIZE", "MMS_MAX_REQUEST_SIZE", "MMS_MAX_RESPONSE_SIZE")


@rule(
    Variant,
    "serverless-memory",
    "Serverless memory is 1024 to 6144 MB, in steps of 1024",
    why="SageMaker takes 1 to 6 GB in steps of 1 GB",
    mend="Choose 1024, 2048, 3072, 4096, 5120 or 6144.",
    source="serverless-config",
)
def serverless_memory(variant: Variant) -> Iterator[Problem]:
    """Look at MemorySizeInMB."""
    memory = variant.at("ServerlessConfig", "MemorySizeInMB")
    if memory.number is not None and memory.number not in _MEMORY_SIZES:
        yield Problem(
            memory, f"{memory.number:g} MB is no memory size", f"Choose {nearest(memory.number, _MEMORY_SIZES)}."
        )


@rule(
    Variant,
    "serverless-concurrency",
    "MaxConcurrency is 1 to 200",
    why="SageMaker runs at most 200 requests of a serverless endpoint at a time",
    mend="Choose 1 to 200.",
    source="serverless-config",
)
def serverless_concurrency(variant: Variant) -> Iterator[Problem]:
    """Look at MaxConcurrency."""
    yield from outside(variant.at("ServerlessConfig", "MaxConcurrency"), 1, 200)


@rule(
    Variant,
    "serverless-provisioned",
    "ProvisionedConcurrency is 1 to MaxConcurrency",
    why="SageMaker keeps no more environments warm than may run at a time",
    mend="Choose 1 up to MaxConcurrency.",
    source="serverless-config",
)
def serverless_provisioned(variant: Variant) -> Iterator[Problem]:
    """Look at ProvisionedConcurrency."""
    provisioned = variant.at("ServerlessConfig", "ProvisionedConcurrency")
    most = variant.at("ServerlessConfig", "MaxConcurrency")
    wrong = list(outside(provisioned, 1, 200))
    yield from wrong
    if (
        not wrong
        and provisioned.number is not None
        and most.number is not None
        and provisioned.number > most.number
    ):
        yield Problem(
            provisioned,
            f"ProvisionedConcurrency is {provisioned.number:g}, MaxConcurrency {most.number:g}",
            f"Choose 1 to {most.number:g}, or raise MaxConcurrency.",
        )


@rule(
    Variant,
    "serverless-limits",
    "Serverless starts within 180 s, answers within 60 s and 4 MB",
    why="Serverless Inference ends at 180 s of start, 60 s of a request, and 4 MB of a body, whatever is set",
    mend="Stay within these limits, or host the model on instances.",
    source="serverless",
    severity="warning",
)
def serverless_limits(variant: Variant) -> Iterator[Problem]:
    """Look for settings that promise more than serverless gives."""
    if not variant.serverless:
        return
    for name in ("ContainerStartupHealthCheckTimeoutInSeconds", "ModelDataDownloadTimeoutInSeconds"):
        node = variant.at(name)
        if node.number is not None and node.number > _START_SECONDS:
            yield Problem(node, f"{name} is {node.number:g} s on a serverless variant")
    limits = dict.fromkeys(_RESPONSE_TIME_OUTS, _RESPONSE_SECONDS) | dict.fromkeys(_BODY_LIMITS, _BODY_BYTES)
    for container in variant.containers:
        for name, limit in limits.items():
            node = container.variable(name)
            if node.number is not None and node.number > limit:
                yield Problem(
                    node, f"{name} is {node.number:g} on a serverless variant", f"Set {name} to {limit}."
                )
