"""The files of prices: what is committed, what is written, and what a broken one says."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlparse

import pytest

from slipway.costs.items import Item
from slipway.costs.price_file import COMMITTED, read_prices, write_prices
from slipway.costs.prices import Price, Prices
from slipway.errors import CommandError
from stacks.containers import dlc_accounts
from stacks.instance_types import known_instance_types

from .conftest import price


def test_every_committed_price_has_a_page_and_a_day_and_is_of_something_that_exists() -> None:
    committed = list(read_prices(COMMITTED))
    assert committed
    for one in committed:
        assert urlparse(one.source).scheme == "https"
        assert urlparse(one.source).path.strip("/")
        assert dt.date.fromisoformat(one.date) <= dt.datetime.now(dt.UTC).date()
        assert one.region in dlc_accounts()
        assert one.usd > 0
        if one.item.kind == "real-time-instance":
            assert one.item.name in known_instance_types()


def test_what_is_written_is_read_again(tmp_path: Path, prices: Prices) -> None:
    path = tmp_path / "prices.json"
    write_prices(path, prices)
    assert list(read_prices(path)) == list(prices)
    assert list(tmp_path.glob(".*")) == []


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, prices: Prices, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "prices.json"
    write_prices(path, Prices([price("endpoint-volume", "", "1")]))
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(CommandError, match="No space left on device"):
        write_prices(path, prices)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["prices.json"]


def test_of_two_prices_for_the_same_the_newer_holds() -> None:
    old = price("real-time-instance", "ml.m5.large", "1", date="2025-12-31")
    new = price("real-time-instance", "ml.m5.large", "2", date="2026-01-01")
    for both in ([old, new], [new, old]):
        found = Prices(both).find(Item("real-time-instance", "ml.m5.large"), "us-east-1")
        assert isinstance(found, Price)
        assert found.usd == Decimal(2)


def test_no_file_is_no_prices(tmp_path: Path) -> None:
    assert len(read_prices(tmp_path / "prices.json")) == 0


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"prices": [{}]}',
        '{"prices": [{"kind": "gold", "region": "us-east-1", "usd": "1", "date": "2026-01-01", "source": "x"}]}',
        '{"prices": [{"kind": "s3-storage", "region": "us-east-1", "usd": "-1", "date": "x", "source": "x"}]}',
        '{"prices": [{"kind": "s3-storage", "region": "us-east-1", "usd": "0", "date": "x", "source": "x"}]}',
        '{"prices": [{"kind": "s3-storage", "region": "us-east-1", "usd": "NaN", "date": "x", "source": "x"}]}',
        '{"prices": [{"kind": "s3-storage", "region": "us-east-1", "usd": "one", "date": "x", "source": "x"}]}',
    ],
    ids=["cut short", "a list", "empty entry", "unknown kind", "negative", "nothing", "not a number", "a word"],
)
def test_a_broken_file_is_named_with_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prices.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=r"prices\.json is not a file of prices.*slipway costs --update"):
        read_prices(path)
