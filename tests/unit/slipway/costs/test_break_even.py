"""From which traffic an instance is cheaper than serverless inference."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from slipway.costs.break_even import break_evens
from slipway.costs.estimate import Traffic, estimate_environment
from slipway.costs.prices import Prices
from stacks.settings import EnvironmentSettings

from .conftest import price

Write = Callable[..., EnvironmentSettings]

SERVERLESS = "  linear: {model: linear, hosting: {type: serverless, memory_size_in_mb: 2048}}\n"
GPU = "  big: {model: linear, hosting: {type: real-time, instance_type: ml.g5.xlarge}}\n"


def test_at_the_break_even_both_cost_the_same(environment_file: Write, prices: Prices) -> None:
    settings = environment_file(SERVERLESS)
    for even in break_evens(settings, prices):
        requests = even.requests_per_month(Decimal(100))
        serverless = estimate_environment(settings, Traffic(requests, Decimal(100)), prices)
        instance = environment_file(
            f"  linear: {{model: linear, hosting: {{type: real-time, instance_type: {even.instance_type}}}}}\n"
        )
        assert serverless.upper == estimate_environment(instance, prices=prices).lower


def test_the_instances_are_those_that_run_the_container_the_cheapest_first(
    environment_file: Write, prices: Prices
) -> None:
    found = break_evens(environment_file(SERVERLESS), prices)
    assert [one.instance_type for one in found] == ["ml.c7i.large", "ml.m5.large"]  # no Arm processor, no GPU
    assert {one.memory_size_in_mb for one in found} == {2048}


def test_an_instance_that_the_environment_names_is_there_whatever_it_is(
    environment_file: Write, prices: Prices
) -> None:
    found = break_evens(environment_file(SERVERLESS + GPU), prices)
    assert [one.instance_type for one in found] == ["ml.c7i.large", "ml.m5.large", "ml.g5.xlarge"]


def test_without_a_serverless_endpoint_every_size_with_a_price_is_compared(
    environment_file: Write, prices: Prices
) -> None:
    more = Prices([*prices, price("serverless-duration", "1024", "0.0005")])
    assert {one.memory_size_in_mb for one in break_evens(environment_file(GPU), more)} == {1024, 2048}


def test_many_priced_types_are_not_all_shown(environment_file: Write) -> None:
    sizes = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge")
    many = [price("real-time-instance", f"ml.c7i.{size}", str(number + 1)) for number, size in enumerate(sizes)]
    prices = Prices([*many, price("serverless-duration", "2048", "0.001")])
    assert [one.instance_type for one in break_evens(environment_file(SERVERLESS), prices)] == [
        f"ml.c7i.{size}" for size in sizes[:5]
    ]


def test_what_has_no_price_is_not_compared(environment_file: Write) -> None:
    assert break_evens(environment_file(SERVERLESS), Prices()) == ()
