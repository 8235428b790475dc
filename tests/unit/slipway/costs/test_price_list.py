"""Prices out of the answers of the AWS Price List, in the API's own shape."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from slipway.costs.items import Item
from slipway.costs.price_list import fetch_prices

DAY = "2026-11-21"


def product(usage_type: str, *tiers: tuple[str, str], unit: str = "Hrs", service: str = "AmazonSageMaker") -> str:
    """Write a product as GetProducts does; a tier is its begin and its price."""
    sku = f"SKU{abs(hash(usage_type))}"
    dimensions = {
        f"{sku}.JRTCKXETXF.{number}": {
            "unit": unit,
            "endRange": "Inf",
            "description": f"${usd} per {usage_type}",
            "appliesTo": [],
            "rateCode": f"{sku}.JRTCKXETXF.{number}",
            "beginRange": begin,
            "pricePerUnit": {"USD": usd},
        }
        for number, (begin, usd) in enumerate(tiers)
    }
    term = {
        "priceDimensions": dimensions,
        "sku": sku,
        "effectiveDate": "2026-09-01T00:00:00Z",
        "offerTermCode": "JRTCKXETXF",
        "termAttributes": {},
    }
    attributes = {"regionCode": "eu-central-1", "servicecode": service, "usagetype": usage_type}
    return json.dumps(
        {
            "product": {"productFamily": "ML Instance", "attributes": attributes, "sku": sku},
            "serviceCode": service,
            "terms": {"OnDemand": {f"{sku}.JRTCKXETXF": term}},
            "version": "20260920025606",
            "publicationDate": "2026-09-20T02:56:06Z",
        }
    )


def answer(aws: Any, *pages: list[str], s3: list[str] | None = None) -> None:
    stub = aws.stub("pricing")
    region = {"Type": "TERM_MATCH", "Field": "regionCode", "Value": "eu-central-1"}
    for number, page in enumerate(pages):
        expected = {"ServiceCode": "AmazonSageMaker", "Filters": [region]}
        expected |= {"NextToken": f"page {number}"} if number else {}
        following = {"NextToken": f"page {number + 1}"} if number + 1 < len(pages) else {}
        stub.add_response("get_products", {"FormatVersion": "aws_v1", "PriceList": page, **following}, expected)
    filters = [
        region,
        {"Type": "TERM_MATCH", "Field": "productFamily", "Value": "Storage"},
        {"Type": "TERM_MATCH", "Field": "volumeType", "Value": "Standard"},
    ]
    stub.add_response(
        "get_products",
        {"FormatVersion": "aws_v1", "PriceList": s3 or []},
        {"ServiceCode": "AmazonS3", "Filters": filters},
    )


def fetched(aws: Any) -> dict[Item, Decimal]:
    return {price.item: price.usd for price in fetch_prices(aws("pricing"), "eu-central-1", DAY)}


@pytest.mark.parametrize(
    ("usage_type", "unit", "item"),
    [
        ("EUC1-Host:ml.g5.xlarge", "Hrs", Item("real-time-instance", "ml.g5.xlarge")),
        ("EUC1-AsyncInf:ml.c7i.large", "Hrs", Item("async-instance", "ml.c7i.large")),
        ("EUC1-ServerlessInf:Mem-2GB", "seconds", Item("serverless-duration", "2048")),
        ("EUC1-ProvisionedConcurrency:Usage-6GB", "seconds", Item("provisioned-concurrency", "6144")),
        ("EUC1-ProvisionedConcurrency:Mem-6GB", "seconds", Item("provisioned-duration", "6144")),
        ("EUC1-Host:VolumeUsage.gp2", "GB-Mo", Item("endpoint-volume")),
        ("USE1-Host:ml.m5.xlarge", "Hrs", Item("real-time-instance", "ml.m5.xlarge")),
        ("EU-Host:ml.m5.xlarge", "Hrs", Item("real-time-instance", "ml.m5.xlarge")),
        ("Host:ml.m5.xlarge", "Hrs", Item("real-time-instance", "ml.m5.xlarge")),
    ],
)
def test_a_usage_type_is_what_it_is_for(aws: Any, usage_type: str, unit: str, item: Item) -> None:
    answer(aws, [product(usage_type, ("0", "1.4080000000"), unit=unit)])
    assert fetched(aws) == {item: Decimal("1.408")}


@pytest.mark.parametrize(
    "usage_type",
    [
        "EUC1-Train:ml.g5.xlarge",
        "EUC1-Notebk:ml.t3.medium",
        "EUC1-Tsform:ml.m5.xlarge",
        "EUC1-Studio:VolumeUsage.gp3",
    ],
)
def test_what_no_endpoint_uses_is_left_out(aws: Any, usage_type: str) -> None:
    answer(aws, [product(usage_type, ("0", "1"))])
    assert fetched(aws) == {}


def test_every_page_is_read_and_its_products_counted(aws: Any) -> None:
    answer(
        aws,
        [product("EUC1-Host:ml.m5.large", ("0", "1")), product("EUC1-Train:ml.m5.large", ("0", "1"))],
        [product("EUC1-Host:ml.m5.xlarge", ("0", "2"))],
        s3=[product("EUC1-TimedStorage-ByteHrs", ("0", "0.0245"), unit="GB-Mo", service="AmazonS3")],
    )
    counts: list[int] = []
    found = fetch_prices(aws("pricing"), "eu-central-1", DAY, counts.append)
    assert counts == [2, 3, 4]
    assert {price.item.name for price in found} == {"ml.m5.large", "ml.m5.xlarge", ""}


def test_of_volume_tiers_the_first_that_costs_something_holds(aws: Any) -> None:
    tiers = [("512000", "0.0225"), ("51200", "0.0235"), ("0", "0.0245")]
    answer(aws, [], s3=[product("EUC1-TimedStorage-ByteHrs", *tiers, unit="GB-Mo", service="AmazonS3")])
    assert fetched(aws) == {Item("s3-storage"): Decimal("0.0245")}


def test_a_free_first_tier_is_no_price(aws: Any) -> None:
    answer(aws, [product("EUC1-ServerlessInf:Mem-1GB", ("0", "0"), ("150000", "0.00002"), unit="seconds")])
    assert fetched(aws) == {Item("serverless-duration", "1024"): Decimal("0.00002")}


def test_a_price_of_another_unit_or_currency_is_none(aws: Any) -> None:
    in_yuan = product("EUC1-Host:ml.m5.large", ("0", "1")).replace('"USD"', '"CNY"')
    answer(aws, [product("EUC1-Host:ml.c7i.large", ("0", "1"), unit="Quantity"), in_yuan])
    assert fetched(aws) == {}


def test_a_price_says_its_day_its_region_and_where_it_is_from(aws: Any) -> None:
    answer(aws, [product("EUC1-Host:ml.g5.xlarge", ("0", "1.76"))])
    (price,) = fetch_prices(aws("pricing"), "eu-central-1", DAY)
    assert (price.date, price.region) == (DAY, "eu-central-1")
    assert price.source.endswith("/offers/v1.0/aws/AmazonSageMaker/current/eu-central-1/index.json")
