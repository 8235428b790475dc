"""What a model says about its containers."""

import re
from collections.abc import Iterator

from stacks.rules.limits import too_long
from stacks.rules.registry import Problem, rule
from stacks.rules.views import Container, Model

_KEY = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")
_URL = re.compile(r"(https|s3)://([^/]+)/?(.*)", re.DOTALL)
_MAX_CONTAINERS = 15
_MAX_VARIABLES = 100
_MAX_VARIABLE = 1024
_MAX_URL = 1024


@rule(
    Model,
    "container-count",
    "A model has at most 15 containers",
    why="SageMaker takes no more containers in a pipeline",
    mend="Put several steps into one container.",
    source="model",
)
def container_count(model: Model) -> Iterator[Problem]:
    """Count the containers."""
    if model.containers and len(model.containers) > _MAX_CONTAINERS:
        yield Problem(model.at("Containers"), f"the model has {len(model.containers)} containers")


@rule(
    Container,
    "image-uri",
    "An image URI has at most 255 characters and no space",
    why="SageMaker refuses other image URIs",
    mend="Name the image by a shorter repository or tag, without spaces.",
    source="container",
)
def image_uri(container: Container) -> Iterator[Problem]:
    """Look at Image."""
    image = container.node.at("Image")
    yield from too_long(image, 255)
    if image.text is not None and re.search(r"\s", image.text):
        yield Problem(image, f"the image URI {image.text!r} has a space in it")


@rule(
    Container,
    "model-data-url",
    "Model data is at an s3 or https URL, of 1024 characters at most",
    why="SageMaker downloads model data from Amazon S3 only, and refuses other URLs",
    mend="Upload the model to S3, and name it as s3://bucket/key.",
    source="container",
)
def model_data_url(container: Container) -> Iterator[Problem]:
    """Look at ModelDataUrl and at the S3Uri of ModelDataSource."""
    for url in (container.node.at("ModelDataUrl"), container.node.at("ModelDataSource", "S3DataSource", "S3Uri")):
        yield from too_long(url, _MAX_URL)
        if url.text is not None and not _URL.fullmatch(url.text):
            yield Problem(url, f"{url.text!r} is no URL of model data")


@rule(
    Container,
    "model-data-prefix",
    "A prefix of model data ends with a slash",
    why="a valid S3Prefix always ends with a slash, and SageMaker refuses another",
    mend="Write a slash at the end of S3Uri, or choose S3Object.",
    source="model-data",
)
def model_data_prefix(container: Container) -> Iterator[Problem]:
    """Look at the S3Uri of an S3Prefix."""
    source = container.node.at("ModelDataSource", "S3DataSource")
    uri = source.at("S3Uri")
    end = uri.parts[-1]
    if source.at("S3DataType").text == "S3Prefix" and isinstance(end, str) and not end.endswith("/"):
        yield Problem(uri, f"the prefix {uri.text or end!r} does not end with a slash")


@rule(
    Container,
    "environment",
    "At most 100 variables of 1024 characters, with plain keys",
    why="SageMaker refuses more, longer or otherwise named environment variables",
    mend="Leave variables out, or put long values into the model's own files.",
    source="container",
)
def environment(container: Container) -> Iterator[Problem]:
    """Look at Environment."""
    node = container.node.at("Environment")
    variables = node.members or {}
    if len(variables) > _MAX_VARIABLES:
        yield Problem(node, f"the environment has {len(variables)} variables")
    for key, value in variables.items():
        if not _KEY.fullmatch(key) or len(key) > _MAX_VARIABLE:
            yield Problem(
                value, f"{key[:80]!r} is no key of an environment variable", "Use letters, digits and underscores."
            )
        yield from too_long(value, _MAX_VARIABLE)
