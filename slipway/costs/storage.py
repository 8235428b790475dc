"""What an endpoint's packages cost in S3, as far as they are packaged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal

from assets import checkout
from assets.errors import AssetError
from assets.model_folder import find_model
from assets.package import TARBALL
from assets.unpacked import FACTS
from slipway.costs.cost import CostLine
from slipway.costs.items import Item
from slipway.costs.prices import PriceOf
from stacks.settings import EndpointSettings

_GIGABYTE = 2**30


Sizes = Mapping[str, int | None]
"""The sizes of an endpoint's packages in bytes, by their models; None of one that is not packaged yet."""


def newest_packages(endpoint: EndpointSettings) -> Sizes:
    """Return the sizes of the packages that were made or used last, as they are published."""
    size = unpacked_size if endpoint.artifact == "uncompressed" else package_size
    return {model: size(model) for model in _packed_models(endpoint)}


def storage_lines(packages: Sizes, price_of: PriceOf) -> Iterator[CostLine]:
    """Yield one version of each package of an endpoint; one that is not packaged yet is left out.

    Parameters
    ----------
    packages
        Of the endpoint.
    price_of
        Returns an item's price in the region.
    """
    item = Item("s3-storage")
    for model, size in packages.items():
        if size is not None:
            quantity = Decimal(size) / _GIGABYTE
            yield CostLine(f"package of {model} in S3", item, quantity, quantity, price_of(item))


def package_size(model: str) -> int | None:
    """Return the size of the package of a model that was made or used last, in bytes; None where there is none."""
    try:
        folder = checkout.STATE / "packages" / find_model(model).state_name
        found = [path.stat() for path in folder.glob(f"*/{TARBALL}")]
    except (AssetError, OSError):
        return None
    return max(found, key=lambda stat: stat.st_mtime_ns).st_size if found else None


def unpacked_size(model: str) -> int | None:
    """Return the size of the files of the package of a model that was unpacked last; None where there is none."""
    try:
        folder = checkout.STATE / "unpacked" / find_model(model).name
        newest = max(folder.glob(f"*/{FACTS}"), key=lambda path: path.parent.stat().st_mtime_ns, default=None)
        return sum(json.loads(newest.read_bytes())["sizes"].values()) if newest else None
    except (AssetError, OSError, ValueError, KeyError):
        return None


def not_counted(endpoint: EndpointSettings, packages: Sizes) -> Iterator[str]:
    """Say which models of an endpoint are not in the costs, and why."""
    is_unpacked = endpoint.artifact == "uncompressed"
    why = "its files are not unpacked yet, which cdk synth does" if is_unpacked else "it is not packaged yet"
    for model in (model for model, size in packages.items() if size is None):
        yield f"the package of {model} is not in the costs: {why}"
    tarballs = (variant.model_data.s3_uri for variant in endpoint.all_variants if variant.model_data)
    for uri in dict.fromkeys(tarballs):
        yield f"{uri} is not in the costs: its size is not known"


def _packed_models(endpoint: EndpointSettings) -> list[str]:
    return list(dict.fromkeys(variant.model for variant in endpoint.all_variants if variant.model))
