"""Where the package of a variant is to run, in the words of the asset step."""

from dataclasses import replace

from assets.inspection.target import Target, target_of
from stacks.settings import CatalogueContainer, EndpointSettings, ServerlessHosting, Variant


def endpoint_target(endpoint: EndpointSettings, variant: Variant) -> Target:
    """Return the target that the settings of an endpoint describe for one of its variants."""
    hosting = variant.hosting
    target = replace(
        target_of(variant.container.software),
        hosting=hosting.type,
        network_isolation=endpoint.network.isolation,
        is_own_image=not isinstance(variant.container, CatalogueContainer),
    )
    if isinstance(hosting, ServerlessHosting):
        return replace(target, memory_size_in_mb=hosting.memory_size_in_mb)
    return replace(target, download_timeout_in_seconds=hosting.model_data_download_timeout_in_seconds)
