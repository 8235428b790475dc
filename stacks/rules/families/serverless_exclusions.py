"""What Serverless Inference does not support."""

from collections.abc import Iterator

from stacks.rules.images import aws_image
from stacks.rules.registry import Problem, rule
from stacks.rules.views import EndpointConfig, Variant

_EXCLUDED = "Serverless Inference does not support it, and the endpoint fails to be made"
_ELSEWHERE = "Leave it out, or host the model on instances."


@rule(
    EndpointConfig,
    "serverless-alone",
    "A serverless variant is the only one",
    why="Serverless Inference does not support several production variants",
    mend="Make an endpoint of its own for each serverless variant.",
    source="serverless",
)
def serverless_alone(config: EndpointConfig) -> Iterator[Problem]:
    """Look for other variants."""
    variants = config.variants or []
    if len(variants) > 1 and any(variant.serverless for variant in variants):
        yield Problem(config.at("ProductionVariants"), f"a serverless variant is one of {len(variants)}")


@rule(
    EndpointConfig,
    "serverless-async",
    "A serverless endpoint is not asynchronous",
    why="asynchronous endpoints run on instances",
    mend="Leave AsyncInferenceConfig out, or host the model on instances.",
    source="async",
    severity="warning",
)
def serverless_async(config: EndpointConfig) -> Iterator[Problem]:
    """Look for AsyncInferenceConfig; a warning, because AWS's documentation says so only between the lines."""
    if config.is_async and any(variant.serverless for variant in config.variants or ()):
        yield Problem(config.at("AsyncInferenceConfig"), "a serverless variant is in an asynchronous endpoint")


@rule(
    Variant,
    "serverless-gpu",
    "Serverless runs no GPU image",
    why=_EXCLUDED,
    mend="Take the CPU image.",
    source="serverless",
)
def serverless_gpu(variant: Variant) -> Iterator[Problem]:
    """Look for AWS's GPU images."""
    for container in variant.containers if variant.serverless else ():
        image = aws_image(container.node.at("Image"))
        if image and image.hardware == "gpu":
            yield Problem(
                container.node.at("Image"), f"{variant.label} is serverless and runs {image.name}, for GPUs"
            )


@rule(Variant, "serverless-vpc", "Serverless runs in no VPC", why=_EXCLUDED, mend=_ELSEWHERE, source="serverless")
def serverless_vpc(variant: Variant) -> Iterator[Problem]:
    """Look for VpcConfig in the model and in the config."""
    for view in (variant.model, variant.config) if variant.serverless else ():
        if view is not None and view.at("VpcConfig").present:
            yield Problem(view.at("VpcConfig"), f"{variant.label} is serverless and has a VpcConfig")


@rule(
    Variant,
    "serverless-isolation",
    "Serverless has no network isolation",
    why=_EXCLUDED,
    mend=_ELSEWHERE,
    source="serverless",
)
def serverless_isolation(variant: Variant) -> Iterator[Problem]:
    """Look for EnableNetworkIsolation in the model and in the config."""
    for view in (variant.model, variant.config) if variant.serverless else ():
        if view is not None and view.at("EnableNetworkIsolation").flag:
            yield Problem(
                view.at("EnableNetworkIsolation"), f"{variant.label} is serverless and has network isolation"
            )


@rule(
    EndpointConfig,
    "serverless-capture",
    "Serverless captures no data",
    why="Serverless Inference supports neither data capture nor Model Monitor",
    mend=_ELSEWHERE,
    source="serverless",
)
def serverless_capture(config: EndpointConfig) -> Iterator[Problem]:
    """Look for DataCaptureConfig that is not switched off."""
    capture = config.at("DataCaptureConfig")
    enabled = capture.at("EnableCapture")
    on = capture.present and (enabled.absent or enabled.flag)
    if on and any(variant.serverless for variant in config.variants or ()):
        yield Problem(capture, "a serverless variant has data capture")


@rule(
    Variant,
    "serverless-multi-model",
    "Serverless runs no multi-model container",
    why=_EXCLUDED,
    mend=_ELSEWHERE,
    source="serverless",
)
def serverless_multi_model(variant: Variant) -> Iterator[Problem]:
    """Look at the mode of the containers."""
    for container in variant.containers if variant.serverless else ():
        if container.multi_model:
            yield Problem(container.node, f"{variant.label} is serverless and multi-model")


@rule(
    Variant,
    "serverless-pipeline",
    "Serverless runs one container",
    why="Serverless Inference does not support pipelines of containers",
    mend="Put the steps into one container, or host the model on instances.",
    source="serverless",
)
def serverless_pipeline(variant: Variant) -> Iterator[Problem]:
    """Count the containers."""
    if variant.serverless and variant.model and len(variant.containers) > 1:
        yield Problem(
            variant.model.at("Containers"),
            f"{variant.label} is serverless and has {len(variant.containers)} containers",
        )


@rule(
    Variant,
    "serverless-private-registry",
    "Serverless takes its image from ECR",
    why="Serverless Inference does not support private Docker registries",
    mend="Copy the image to Amazon ECR and leave ImageConfig out.",
    source="serverless",
)
def serverless_private_registry(variant: Variant) -> Iterator[Problem]:
    """Look for an image that is pulled through the VPC."""
    for container in variant.containers if variant.serverless else ():
        mode = container.node.at("ImageConfig", "RepositoryAccessMode")
        if mode.text == "Vpc":
            yield Problem(mode, f"{variant.label} is serverless and takes its image from a private registry")


@rule(
    Variant,
    "serverless-model-data-source",
    "Serverless takes ModelDataUrl",
    why="ModelDataSource cannot be used with serverless endpoints",
    mend="Name a tarball by ModelDataUrl, or host the model on instances.",
    source="container",
)
def serverless_model_data_source(variant: Variant) -> Iterator[Problem]:
    """Look for ModelDataSource."""
    for container in variant.containers if variant.serverless else ():
        source = container.node.at("ModelDataSource")
        if source.present:
            yield Problem(source, f"{variant.label} is serverless and has a ModelDataSource")
