"""Asynchronous endpoints."""

from collections.abc import Iterator

from stacks.rules.limits import outside
from stacks.rules.registry import Problem, rule
from stacks.rules.views import EndpointConfig


@rule(
    EndpointConfig,
    "async-output",
    "An asynchronous endpoint has an S3 output path",
    why="InvokeEndpointAsync answers before the prediction is there, and leaves it at the output path in S3",
    mend="Set AsyncInferenceConfig.OutputConfig.S3OutputPath to s3://bucket/prefix.",
    source="async",
    severity="warning",
)
def async_output(config: EndpointConfig) -> Iterator[Problem]:
    """Look for S3OutputPath; a warning, because the API's model has it optional."""
    output = config.at("AsyncInferenceConfig", "OutputConfig")
    path = output.at("S3OutputPath")
    if config.is_async and path.absent:
        yield Problem(output, "the asynchronous endpoint has no S3OutputPath")
    elif path.text is not None and not path.text.startswith(("s3://", "https://")):
        yield Problem(path, f"{path.text!r} is no S3 path")


@rule(
    EndpointConfig,
    "async-concurrency",
    "MaxConcurrentInvocationsPerInstance is 1 to 1000",
    why="SageMaker sends an instance at most 1000 asynchronous requests at a time",
    mend="Choose 1 to 1000, or leave it out: SageMaker then finds a number.",
    source="async-client",
)
def async_concurrency(config: EndpointConfig) -> Iterator[Problem]:
    """Look at MaxConcurrentInvocationsPerInstance."""
    client = config.at("AsyncInferenceConfig", "ClientConfig")
    yield from outside(client.at("MaxConcurrentInvocationsPerInstance"), 1, 1000)
