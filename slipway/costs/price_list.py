"""Prices from the AWS Price List: GetProducts, whose answers hold each product as JSON in a string."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from slipway.costs.items import Item, Kind
from slipway.costs.prices import Price

REGION = "us-east-1"
"""Where the Price List answers for every region (AWS Billing User Guide, "Finding services and products")."""

_OFFER = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/{service}/current/{region}/index.json"
_GIGABYTE = 1024

_QUERIES: dict[str, dict[str, str]] = {
    "AmazonSageMaker": {},
    "AmazonS3": {"productFamily": "Storage", "volumeType": "Standard"},
}
"""By service, what its products are filtered by, beside the region."""

_BY_USAGE_TYPE: tuple[tuple[str, re.Pattern[str], Kind], ...] = (
    ("AmazonSageMaker", re.compile(r"Host:(ml\.[a-z0-9.-]+)"), "real-time-instance"),
    ("AmazonSageMaker", re.compile(r"AsyncInf:(ml\.[a-z0-9.-]+)"), "async-instance"),
    ("AmazonSageMaker", re.compile(r"ServerlessInf:Mem-([1-6])GB"), "serverless-duration"),
    ("AmazonSageMaker", re.compile(r"ProvisionedConcurrency:Usage-([1-6])GB"), "provisioned-concurrency"),
    ("AmazonSageMaker", re.compile(r"ProvisionedConcurrency:Mem-([1-6])GB"), "provisioned-duration"),
    ("AmazonSageMaker", re.compile(r"Host:VolumeUsage\.gp2"), "endpoint-volume"),
    ("AmazonS3", re.compile(r"TimedStorage-ByteHrs"), "s3-storage"),
)
"""What a usage type is, once the region's prefix, as `EUC1-`, is gone; us-east-1 has one for SageMaker alone."""

_PREFIX = re.compile(r"[A-Z]{2,4}[0-9]*-")

_UNITS = {"Hrs": "hour", "seconds": "second", "Seconds": "second", "GB-Mo": "GB-month"}


def fetch_prices(
    client: Any, region: str, date: str, progress: Callable[[int], None] = lambda _count: None
) -> list[Price]:
    """Ask for the on-demand prices of a region.

    Parameters
    ----------
    client
        A `pricing` client of boto3's, of `REGION`.
    region
        Whose prices.
    date
        Today, as 2026-01-31.
    progress
        Called with the number of products after each page of the answer.
    """
    found: dict[Item, Price] = {}
    count = 0
    for service, attributes in _QUERIES.items():
        filters = [
            {"Type": "TERM_MATCH", "Field": field, "Value": value}
            for field, value in {"regionCode": region, **attributes}.items()
        ]
        for page in client.get_paginator("get_products").paginate(ServiceCode=service, Filters=filters):
            products = [json.loads(product) for product in page["PriceList"]]
            count += len(products)
            progress(count)
            for price in _prices(products, service, region, date):
                found.setdefault(price.item, price)
    return list(found.values())


def _prices(products: Iterable[dict[str, Any]], service: str, region: str, date: str) -> Iterator[Price]:
    for product in products:
        item = _item(service, product.get("product", {}).get("attributes", {}).get("usagetype", ""))
        usd = _usd(product, item) if item else None
        if item and usd is not None:
            yield Price(item, region, usd, date, _OFFER.format(service=service, region=region))


def _item(service: str, usage_type: str) -> Item | None:
    """Return what a usage type is of, None where Slipway makes nothing that is billed so."""
    plain = usage_type[found.end() :] if (found := _PREFIX.match(usage_type)) else usage_type
    for of_service, pattern, kind in _BY_USAGE_TYPE:
        match = pattern.fullmatch(plain) if of_service == service else None
        if match:
            name = match[1] if match.groups() else ""
            return Item(kind, str(int(name) * _GIGABYTE) if name.isdigit() else name)
    return None


def _usd(product: dict[str, Any], item: Item) -> Decimal | None:
    """Return the on-demand price of the first units that cost something; volume discounts come after these."""
    tiers = [
        dimension
        for term in product.get("terms", {}).get("OnDemand", {}).values()
        for dimension in term.get("priceDimensions", {}).values()
        if _UNITS.get(dimension.get("unit", "")) == item.unit
    ]
    for tier in sorted(tiers, key=lambda dimension: _decimal(dimension.get("beginRange", "0")) or Decimal(0)):
        usd = _decimal(tier.get("pricePerUnit", {}).get("USD", ""))
        if usd and usd > 0:
            return usd
    return None


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
