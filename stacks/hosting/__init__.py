"""From `hosting` settings to an endpoint config and an endpoint: one module per way to host."""

from stacks.hosting.asynchronous import AsyncInference
from stacks.hosting.endpoint import add_endpoint, mode_id
from stacks.hosting.variants import production_variant

__all__ = ["AsyncInference", "add_endpoint", "mode_id", "production_variant"]
