"""From settings to costs: bounds, variants, traffic, and what has no price."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from assets import checkout
from assets.model_folder import find_model
from assets.package import Package
from assets.tarball import write_tarball
from assets.unpacked import unpacked
from slipway.costs.estimate import Traffic, estimate_environment
from slipway.costs.prices import Prices
from stacks.settings import EnvironmentSettings

Write = Callable[..., EnvironmentSettings]

INSTANCES = """
  linear:
    model: linear
    hosting: {{type: {type}, instance_type: ml.c7i.large, initial_instance_count: {count}{more}}}
"""
SERVERLESS = """
  linear:
    model: linear
    hosting: {{type: serverless, memory_size_in_mb: 2048, max_concurrency: 4{more}}}
"""
MONTH = 730
SECONDS = MONTH * 3600


def test_instances_without_autoscaling_run_all_month(environment_file: Write, prices: Prices) -> None:
    settings = environment_file(INSTANCES.format(type="real-time", count=2, more=""))
    cost = estimate_environment(settings, prices=prices)
    assert (cost.name, cost.region) == ("test", "us-east-1")
    assert cost.lower == cost.upper == 2 * MONTH
    assert cost.unpriced == ()
    assert [one.name for one in cost.endpoints] == ["linear"]


def test_autoscaling_is_from_its_least_to_its_most_capacity(environment_file: Write, prices: Prices) -> None:
    scaling = ", autoscaling: {min_capacity: 2, max_capacity: 5, target_value: 100}"
    settings = environment_file(INSTANCES.format(type="real-time", count=2, more=scaling))
    cost = estimate_environment(settings, prices=prices)
    assert (cost.lower, cost.upper) == (2 * MONTH, 5 * MONTH)


def test_asynchronous_endpoints_go_down_to_nothing_at_their_own_price(
    environment_file: Write, prices: Prices
) -> None:
    settings = environment_file(INSTANCES.format(type="async", count=1, more=", autoscaling: {max_capacity: 4}"))
    cost = estimate_environment(settings, prices=prices)
    assert (cost.lower, cost.upper) == (0, 4 * MONTH * 3)


def test_a_volume_of_the_settings_is_counted_for_each_instance(environment_file: Write, prices: Prices) -> None:
    settings = environment_file(INSTANCES.format(type="real-time", count=3, more=", volume_size_in_gb: 50"))
    cost = estimate_environment(settings, prices=prices)
    assert cost.lower == 3 * MONTH + 3 * 50 * Decimal("0.1")


def test_every_variant_counts_and_a_shadow_does_not_scale(environment_file: Write, prices: Prices) -> None:
    settings = environment_file("""
  linear:
    model: linear
    hosting:
      type: real-time
      instance_type: ml.c7i.large
      autoscaling: {max_capacity: 3, target_value: 100}
    shadow: {model: linear, instance_type: ml.g5.xlarge, initial_instance_count: 2}
""")
    (endpoint,) = estimate_environment(settings, prices=prices).endpoints
    assert (endpoint.lower, endpoint.upper) == (MONTH + 20 * MONTH, 3 * MONTH + 20 * MONTH)
    assert [line.what for line in endpoint.lines] == [
        "AllTraffic: 1 to 3 x ml.c7i.large",
        "Shadow: 2 x ml.g5.xlarge",
    ]


def test_serverless_costs_nothing_idle_and_all_its_concurrency_at_the_most(
    environment_file: Write, prices: Prices
) -> None:
    cost = estimate_environment(environment_file(SERVERLESS.format(more="")), prices=prices)
    assert cost.lower == 0
    assert cost.upper == 4 * SECONDS * Decimal("0.001")


def test_serverless_costs_what_requests_take(environment_file: Write, prices: Prices) -> None:
    settings = environment_file(SERVERLESS.format(more=""))
    cost = estimate_environment(settings, Traffic(1000, Decimal(250)), prices)
    assert cost.lower == cost.upper == 250 * Decimal("0.001")


def test_requests_beyond_the_capacity_are_said_and_not_counted(environment_file: Write, prices: Prices) -> None:
    settings = environment_file(SERVERLESS.format(more=""))
    cost = estimate_environment(settings, Traffic(10**9, Decimal(1000)), prices)
    assert cost.upper == 4 * SECONDS * Decimal("0.001")
    assert any("max_concurrency, 4" in note for note in cost.endpoints[0].notes)


def test_provisioned_concurrency_is_billed_all_month_and_its_requests_at_their_own_rate(
    environment_file: Write, prices: Prices
) -> None:
    settings = environment_file(SERVERLESS.format(more=", provisioned_concurrency: 2"))
    always = 2 * SECONDS * Decimal("0.0001")
    idle = estimate_environment(settings, prices=prices)
    assert idle.lower == always
    assert idle.upper == always + 2 * SECONDS * (Decimal("0.0005") + Decimal("0.001"))
    busy = estimate_environment(settings, Traffic(1000, Decimal(1000)), prices)
    assert busy.lower == always + 1000 * Decimal("0.0005")
    assert busy.upper == always + 1000 * Decimal("0.001")


def test_requests_that_exceed_provisioned_concurrency_are_on_demand(
    environment_file: Write, prices: Prices
) -> None:
    settings = environment_file(SERVERLESS.format(more=", provisioned_concurrency: 1"))
    traffic = Traffic(3 * SECONDS, Decimal(1000))
    cost = estimate_environment(settings, traffic, prices)
    expected = SECONDS * (Decimal("0.0001") + Decimal("0.0005") + 2 * Decimal("0.001"))
    assert cost.lower == expected


def test_what_has_no_price_is_named_and_left_out(environment_file: Write, prices: Prices) -> None:
    settings = environment_file("""
  known: {model: linear, hosting: {type: real-time, instance_type: ml.c7i.large}}
  unknown: {model: linear, hosting: {type: real-time, instance_type: ml.p5.48xlarge}}
""")
    cost = estimate_environment(settings, prices=prices)
    assert cost.lower == cost.upper == MONTH
    assert cost.unpriced == ("ml.p5.48xlarge for real-time inference",)
    known, unknown = cost.endpoints
    assert (known.unpriced, unknown.unpriced) == ((), cost.unpriced)
    assert (unknown.lower, unknown.upper) == (None, None)


def test_without_any_price_there_is_no_sum(environment_file: Write) -> None:
    settings = environment_file(INSTANCES.format(type="real-time", count=1, more=""))
    cost = estimate_environment(settings, prices=Prices())
    assert (cost.lower, cost.upper) == (None, None)


def test_an_environment_without_endpoints_costs_nothing(environment_file: Write) -> None:
    cost = estimate_environment(environment_file("  {}\n"), prices=Prices())
    assert (cost.lower, cost.upper, cost.unpriced) == (0, 0, ())


def test_a_price_of_another_region_is_none(environment_file: Write, prices: Prices) -> None:
    settings = environment_file(INSTANCES.format(type="real-time", count=1, more=""), region="eu-central-1")
    assert estimate_environment(settings, prices=prices).lower is None


@pytest.fixture
def packaged(tmp_path: Path) -> Callable[[str, int], None]:
    """Put a package of so many bytes where packages lie."""

    def put(key: str, size: int) -> None:
        folder = checkout.STATE / "packages" / find_model("linear").state_name / key
        folder.mkdir(parents=True)
        with (folder / "model.tar.gz").open("wb") as tarball:
            tarball.truncate(size)

    return put


def test_a_package_is_counted_as_it_lies_in_s3(
    environment_file: Write, prices: Prices, packaged: Callable[[str, int], None]
) -> None:
    settings = environment_file(INSTANCES.format(type="real-time", count=1, more=""))
    (before,) = estimate_environment(settings, prices=prices).endpoints
    assert any("not packaged yet" in note for note in before.notes)
    packaged("a", 2**20)
    (after,) = estimate_environment(settings, prices=prices).endpoints
    assert after.lower == MONTH + 1  # a 1024th of a GB, at 1024 dollars
    assert after.notes == ()


def test_an_uncompressed_package_is_counted_by_its_files(
    environment_file: Write, prices: Prices, packaged: Callable[[str, int], None]
) -> None:
    settings = environment_file(
        INSTANCES.format(type="real-time", count=1, more="") + "    artifact: uncompressed\n"
    )
    packaged("a", 2**30)
    (before,) = estimate_environment(settings, prices=prices).endpoints
    assert before.lower == MONTH
    assert any("not unpacked yet" in note for note in before.notes)
    path = checkout.STATE / "packages" / "handmade.tar.gz"
    write_tarball(path, {"model.pt": bytes(2**20 - 12), "manifest.json": b'{"files":{}}'})
    unpacked(Package("linear", path, path.stat().st_size, "b" * 64, "inference.py"))
    (after,) = estimate_environment(settings, prices=prices).endpoints
    assert after.lower == MONTH + 1  # a 1024th of a GB, at 1024 dollars
    assert after.notes == ()


def test_a_tarball_that_is_in_s3_already_is_said_and_not_counted(environment_file: Write, prices: Prices) -> None:
    settings = environment_file("""
  linear:
    model_data: {s3_uri: s3://my-bucket/models/model.tar.gz}
    hosting: {type: real-time, instance_type: ml.c7i.large}
""")
    (endpoint,) = estimate_environment(settings, prices=prices).endpoints
    assert endpoint.lower == MONTH
    assert endpoint.notes == ("s3://my-bucket/models/model.tar.gz is not in the costs: its size is not known",)
