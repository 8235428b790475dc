"""Data capture."""

from collections.abc import Iterator

from stacks.rules.limits import outside
from stacks.rules.registry import Problem, rule
from stacks.rules.roles import Acted
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
    uri = destination.text
    if uri is not None and not uri.startswith("s3://"):  # an https URL does not tell the bucket from the host
        return
    # SageMaker adds endpoint, variant and time.
    below = Acted("s3", f"{uri.removeprefix('s3://').rstrip('/')}/", goes_on=True) if uri else None
    for role in config.roles:
        if role.lacks("s3:PutObject", below):
            yield Problem(destination, f"the role {role.resource.logical_id} may not write captured data there")
