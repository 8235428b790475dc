"""What an endpoint's packages cost in S3, as far as they are packaged."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from assets import checkout
from assets.errors import AssetError
from assets.model_folder import find_model
from assets.package import TARBALL
from slipway.costs.cost import CostLine
from slipway.costs.items import Item
from slipway.costs.prices import PriceOf
from stacks.settings import EndpointSettings

_GIGABYTE = 2**30


def storage_lines(endpoint: EndpointSettings, price_of: PriceOf) -> Iterator[CostLine]:
    """Yield one version of each package of an endpoint; one that is not packaged yet is left out.

    Parameters
    ----------
    endpoint
        Of the settings.
    price_of
        Returns an item's price in the region.
    """
    item = Item("s3-storage")
    for model in _packed_models(endpoint):
        size = package_size(model)
        if size is not None:
            quantity = Decimal(size) / _GIGABYTE
            yield CostLine(f"package of {model} in S3", item, quantity, quantity, price_of(item))


def unpackaged(endpoint: EndpointSettings) -> list[str]:
    """List the models of an endpoint whose packages are not there."""
    return [model for model in _packed_models(endpoint) if package_size(model) is None]


def package_size(model: str) -> int | None:
    """Return the size of the package of a model that was made or used last, in bytes; None where there is none."""
    try:
        folder = checkout.STATE / "packages" / find_model(model).state_name
        found = [path.stat() for path in folder.glob(f"*/{TARBALL}")]
    except (AssetError, OSError):
        return None
    return max(found, key=lambda stat: stat.st_mtime_ns).st_size if found else None


def _packed_models(endpoint: EndpointSettings) -> list[str]:
    if endpoint.artifact == "uncompressed":
        return []
    return list(dict.fromkeys(variant.model for variant in endpoint.all_variants if variant.model))
