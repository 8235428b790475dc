"""Names."""

from collections.abc import Iterator

from stacks.rules.limits import bad_name
from stacks.rules.registry import Problem, rule
from stacks.rules.views import Endpoint, EndpointConfig, Model, Variant

_WHY = "SageMaker refuses a name of more than 63 characters, or of other characters"
_MEND = "Use 1 to 63 letters, digits and hyphens, none at an end."


@rule(
    Endpoint, "endpoint-name", "An endpoint's name has 1 to 63 characters", why=_WHY, mend=_MEND, source="endpoint"
)
def endpoint_name(endpoint: Endpoint) -> Iterator[Problem]:
    """Look at EndpointName."""
    yield from bad_name(endpoint.at("EndpointName"))


@rule(
    EndpointConfig, "config-name", "A config's name has 1 to 63 characters", why=_WHY, mend=_MEND, source="config"
)
def config_name(config: EndpointConfig) -> Iterator[Problem]:
    """Look at EndpointConfigName."""
    yield from bad_name(config.at("EndpointConfigName"))


@rule(Variant, "variant-name", "A variant's name has 1 to 63 characters", why=_WHY, mend=_MEND, source="variant")
def variant_name(variant: Variant) -> Iterator[Problem]:
    """Look at VariantName."""
    yield from bad_name(variant.at("VariantName"))


@rule(Model, "model-name", "A model's name has 1 to 63 characters", why=_WHY, mend=_MEND, source="model")
def model_name(model: Model) -> Iterator[Problem]:
    """Look at ModelName."""
    yield from bad_name(model.at("ModelName"))
