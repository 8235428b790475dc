"""Data capture."""

from collections.abc import Iterator

from stacks.rules.limits import outside
from stacks.rules.registry import Problem, rule
from stacks.rules.views import EndpointConfig


@rule(
    EndpointConfig,
    "capture-sampling",
    "Capture samples 0 to 100 percent",
    why="the sampling percentage is one of all requests",
    mend="Choose 0 to 100.",
    source="capture",
)
def capture_sampling(config: EndpointConfig) -> Iterator[Problem]:
    """Look at InitialSamplingPercentage."""
    yield from outside(config.at("DataCaptureConfig", "InitialSamplingPercentage"), 0, 100, " %")


@rule(
    EndpointConfig,
    "capture-permission",
    "The execution role may write what is captured",
    why="SageMaker writes captured data with the execution role, and without s3:PutObject nothing is captured",
    mend="Allow the execution role s3:PutObject on the destination's prefix.",
    source="capture-role",
)
def capture_permission(config: EndpointConfig) -> Iterator[Problem]:
    """Look at the role, where this template has it with all its policies."""
    capture = config.at("DataCaptureConfig")
    destination = capture.at("DestinationS3Uri")
    enabled = capture.at("EnableCapture")
    if not capture.present or not (enabled.absent or enabled.flag):
        return
    partition = "aws-cn" if (config.template.region or "").startswith("cn-") else "aws"
    path = (destination.text or "").removeprefix("s3://").rstrip("/")
    # Anything below the prefix: SageMaker adds endpoint, variant and time.
    below = f"arn:{partition}:s3:::{path}/endpoint/variant/captured.jsonl" if path else None
    for role in config.roles:
        if role.lacks("s3:PutObject", below):
            yield Problem(destination, f"the role {role.resource.logical_id} may not write captured data there")
