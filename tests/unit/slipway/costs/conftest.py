"""Prices that are easy to reckon with."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from assets import checkout
from slipway.costs.items import Item, Kind
from slipway.costs.prices import Price, Prices

REGION = "us-east-1"


@pytest.fixture(autouse=True)
def nothing_is_packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkout, "STATE", tmp_path / "state")


def price(kind: Kind, name: str, usd: str, region: str = REGION, date: str = "2026-01-01") -> Price:
    return Price(Item(kind, name), region, Decimal(usd), date, "https://prices.example/page")


@pytest.fixture
def prices() -> Prices:
    """Return round prices: one dollar an hour, a dollar a second, and so on."""
    return Prices(
        [
            price("real-time-instance", "ml.c7i.large", "1"),
            price("real-time-instance", "ml.g5.xlarge", "10"),
            price("real-time-instance", "ml.c7g.large", "0.5"),
            price("real-time-instance", "ml.m5.large", "2"),
            price("async-instance", "ml.c7i.large", "3"),
            price("serverless-duration", "2048", "0.001"),
            price("provisioned-concurrency", "2048", "0.0001"),
            price("provisioned-duration", "2048", "0.0005"),
            price("endpoint-volume", "", "0.1"),
            price("s3-storage", "", "1024"),
        ]
    )
