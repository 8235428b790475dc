"""Where the package of an endpoint is to run, in the words of the asset step."""

from dataclasses import replace

from assets.inspection.target import Target, target_of
from stacks.settings import EndpointSettings, ServerlessHosting


def endpoint_target(endpoint: EndpointSettings) -> Target:
    """Return the target that an endpoint's settings describe."""
    hosting = endpoint.hosting
    memory = hosting.memory_size_in_mb if isinstance(hosting, ServerlessHosting) else None
    return replace(target_of(endpoint.container), hosting=hosting.type, memory_size_in_mb=memory)
