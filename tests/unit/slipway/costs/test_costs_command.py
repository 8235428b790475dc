"""`slipway costs` as its user sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slipway.commands import costs as costs_module
from slipway.costs.price_file import write_prices
from slipway.costs.prices import Prices
from stacks.settings import EnvironmentSettings

from .conftest import price
from .test_price_list import answer, product

Write = Callable[..., EnvironmentSettings]

TWO_INSTANCES = """
  linear:
    model: linear
    hosting: {type: real-time, instance_type: ml.p5.48xlarge, initial_instance_count: 2}
"""
SERVERLESS = "  linear: {model: linear, hosting: {type: serverless, memory_size_in_mb: 3072}}\n"


@pytest.fixture
def own_prices(tmp_path: Path) -> Callable[..., Path]:
    """Put a file of prices beside the environments."""

    def put(*prices: Any) -> Path:
        path = tmp_path / "environments" / "prices.json"
        write_prices(path, Prices(prices))
        return path

    return put


def test_each_endpoint_and_the_total_are_shown(
    slipway: Callable[..., Any], environment_file: Write, own_prices: Callable[..., Path]
) -> None:
    environment_file(TWO_INSTANCES)
    own_prices(price("real-time-instance", "ml.p5.48xlarge", "100"))
    ran = slipway("costs", "--env", "test")
    assert (ran.status, ran.errors) == (0, "")
    assert "2 x ml.p5.48xlarge" in ran.text
    assert ran.text.count("146,000.00") == 6  # the line, the endpoint and the total, at least and at most
    assert "The prices are of 2026-01-01" in ran.text
    assert "Not counted: " in ran.text


def test_an_environment_without_endpoints_costs_nothing(
    slipway: Callable[..., Any], environment_file: Write, tmp_path: Path
) -> None:
    environment_file(TWO_INSTANCES)
    (path,) = (tmp_path / "environments").glob("test.yaml")
    path.write_text(f"{path.read_text().partition('endpoints:')[0]}endpoints: {{}}\n")
    ran = slipway("costs", "--env", "test")
    assert (ran.status, ran.errors) == (0, "")
    assert "Environment test has no endpoints, and what is counted costs nothing\n" in ran.text
    told = json.loads(slipway("costs", "--env", "test", "--json").text)
    assert (told["endpoints"], told["lower"], told["upper"]) == ([], 0, 0)


def test_without_a_price_it_says_how_to_get_one(slipway: Callable[..., Any], environment_file: Write) -> None:
    environment_file(TWO_INSTANCES)
    ran = slipway("costs", "--env", "test")
    assert ran.status == 0
    assert "No price is known for ml.p5.48xlarge for real-time inference in us-east-1" in ran.text
    assert "slipway costs --update --env test" in ran.text
    assert "total (partial)" in ran.text


def test_json_has_every_figure_with_its_source(
    slipway: Callable[..., Any], environment_file: Write, own_prices: Callable[..., Path]
) -> None:
    environment_file(SERVERLESS)
    own_prices(
        price("serverless-duration", "3072", "0.00006"), price("real-time-instance", "ml.c7i.large", "0.432")
    )
    ran = slipway("costs", "--env", "test", "--requests-per-month", "1000000", "--ms-per-request", "50", "--json")
    told = json.loads(ran.text)
    assert (told["region"], told["currency"], told["partial"]) == ("us-east-1", "USD", False)
    assert told["lower"] == told["upper"] == pytest.approx(3)
    (endpoint,) = told["endpoints"]
    (line,) = endpoint["lines"]
    assert (line["unit"], line["quantity_lower"], line["usd_per_unit"]) == ("second", 50000, 0.00006)
    assert (line["price_date"], line["price_source"]) == ("2026-01-01", "https://prices.example/page")
    even = next(one for one in told["break_even"] if one["instance_type"] == "ml.c7i.large")
    assert even["mean_concurrency"] == pytest.approx(2)
    assert even["requests_per_month"] == pytest.approx(2 * 730 * 3600 * 20)


def test_requests_need_how_long_they_take(slipway: Callable[..., Any]) -> None:
    assert "--ms-per-request" in slipway("costs", "--requests-per-month", "10").error()


@pytest.mark.parametrize("length", ["inf", "nan", "1e308"])
@pytest.mark.parametrize("requests", ["0", "10"])
def test_a_request_is_no_longer_than_a_month(slipway: Callable[..., Any], length: str, requests: str) -> None:
    ran = slipway("costs", "--requests-per-month", requests, "--ms-per-request", length, "--json")
    assert (ran.status, ran.output) == (2, b"")
    assert "--ms-per-request" in ran.errors
    assert "Traceback" not in ran.errors


def test_there_are_no_more_requests_than_a_number_can_say(slipway: Callable[..., Any]) -> None:
    ran = slipway("costs", "--requests-per-month", "9" * 400, "--ms-per-request", "1", "--json")
    assert (ran.status, ran.output) == (2, b"")


def test_an_update_asks_for_the_region_and_is_used(
    slipway: Callable[..., Any],
    environment_file: Write,
    own_prices: Callable[..., Path],
    aws: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment_file(TWO_INSTANCES, region="eu-central-1")
    elsewhere = price("real-time-instance", "ml.m5.large", "1", region="us-west-2")
    path = own_prices(elsewhere, price("real-time-instance", "ml.p5.48xlarge", "1", region="eu-central-1"))
    monkeypatch.setattr(costs_module, "pricing_client", lambda: aws("pricing"))
    answer(aws, [product("EUC1-Host:ml.p5.48xlarge", ("0", "50"))])
    ran = slipway("costs", "--env", "test", "--update", "--json")
    assert ran.status == 0
    assert json.loads(ran.text)["upper"] == 2 * 730 * 50
    assert "reading the prices of eu-central-1" in ran.errors
    kept = {(one["region"], one["usd"]) for one in json.loads(path.read_text())["prices"]}
    assert kept == {("us-west-2", "1"), ("eu-central-1", "50")}


def test_an_update_without_an_environment_is_for_all_of_them(
    slipway: Callable[..., Any], environment_file: Write, aws: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment_file(SERVERLESS, name="one", region="eu-central-1")
    environment_file(SERVERLESS, name="two", region="eu-central-1")
    monkeypatch.setattr(costs_module, "pricing_client", lambda: aws("pricing"))
    answer(aws, [product("EUC1-Host:ml.m5.large", ("0", "1"))])
    ran = slipway("costs", "--update")
    assert (ran.status, ran.output) == (0, b"")
    assert [name for name, _ in aws.requests] == ["GetProducts", "GetProducts"]
    written = tmp_path / "environments" / "prices.json"
    assert written.is_file()
    answer(aws, [product("EUC1-Host:ml.m5.large", ("0", "1"))])
    told = json.loads(slipway("costs", "--update", "--json").text)
    assert told == {"prices": str(written), "regions": ["eu-central-1"]}


def test_a_price_list_without_an_answer_changes_nothing(
    slipway: Callable[..., Any],
    environment_file: Write,
    own_prices: Callable[..., Path],
    aws: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment_file(SERVERLESS, region="eu-central-1")
    path = own_prices(price("endpoint-volume", "", "1", region="eu-central-1"))
    before = path.read_bytes()
    monkeypatch.setattr(costs_module, "pricing_client", lambda: aws("pricing"))
    answer(aws, [])
    ran = slipway("costs", "--env", "test", "--update")
    assert ran.status == 1
    assert ran.errors.endswith("no prices in US dollars for eu-central-1; nothing was changed.\n")
    assert path.read_bytes() == before


def test_prices_are_not_asked_of_the_local_aws(
    slipway: Callable[..., Any], environment_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment_file(SERVERLESS)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert "outside of `slipway local run`" in slipway("costs", "--update", "--env", "test").error()


def test_without_credentials_an_update_is_one_line(slipway: Callable[..., Any], environment_file: Write) -> None:
    environment_file(SERVERLESS)
    ran = slipway("costs", "--update", "--env", "test")
    assert ran.status == 1
    assert ran.errors.splitlines()[-1] == "error: AWS could not be asked: Unable to locate credentials"


def test_the_local_environment_is_what_it_would_cost_on_aws(slipway: Callable[..., Any]) -> None:
    ran = slipway("costs")
    assert ran.status == 0
    assert "AWS on this machine costs nothing" in ran.errors
    assert ran.text.startswith("local: US dollars for a month of 730 hours in us-east-1")
