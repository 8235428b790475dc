"""Where the package of a variant is to run, in the words of the asset step."""

from dataclasses import replace

from assets.inspection.target import Target, target_of
from stacks.settings import CatalogueContainer, EndpointSettings, Variant


def endpoint_target(endpoint: EndpointSettings, variant: Variant) -> Target:
    """Return the target that the settings of an endpoint describe for one of its variants."""
    return replace(
        target_of(variant.container.software),
        hosting=variant.hosting.type,
        network_isolation=endpoint.network.isolation,
        is_own_image=not isinstance(variant.container, CatalogueContainer),
        **variant.hosting.package_limits,
    )
