"""Costs before and after, as far as they are known."""

from decimal import Decimal
from pathlib import Path

import pytest

from assets import checkout
from slipway.costs.items import Item
from slipway.costs.price_file import COMMITTED, read_prices
from slipway.review.assembly import Assembly, Stack
from slipway.review.cost import NO_COST, Cost, CostChange, environment_cost
from slipway.review.gates import judge, parse_fail_on
from slipway.review.report import EnvironmentReview

from .templates import resource

SETTINGS = """\
account: "111111111111"
region: eu-central-1
removal: destroy
endpoints:
  linear:
    model: linear
    container: slim
    hosting: {type: real-time, instance_type: ml.c5.large}
"""


def of(lower: int, upper: int, *unpriced: str) -> Cost:
    return Cost(Decimal(lower), Decimal(upper), unpriced)


def test_settings_are_estimated(tmp_path: Path) -> None:
    (tmp_path / "dev.yaml").write_text(SETTINGS)
    found = environment_cost("dev", tmp_path)
    assert found
    assert found.upper or found.unpriced


def published(folder: Path, size: int, digest: str = "a") -> Assembly:
    """An assembly with a package of so many bytes, none of which takes room on the disk."""
    path = folder / f"{digest}-{size}"
    with path.open("wb") as package:
        package.truncate(size)
    model = resource("AWS::SageMaker::Model", Tags=[{"Key": "slipway:model-digest", "Value": digest}])
    objects = {f"models/linear/{digest}.tar.gz": path, "models/linear/template.json": path}
    name = "Slipway-dev-linear"
    return Assembly({name: Stack(name, Path(), {"Resources": {"Model": model}}, objects=objects)})


def test_each_side_costs_what_its_own_package_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIPWAY_ENVIRONMENTS", str(tmp_path))  # and no prices of the user's own
    (tmp_path / "dev.yaml").write_text(SETTINGS.replace("eu-central-1", "us-east-1"))
    base, head = (environment_cost("dev", tmp_path, published(tmp_path, size * 2**30)) for size in (1, 4))
    price = read_prices(COMMITTED).find(Item("s3-storage"), region="us-east-1")
    assert base
    assert head
    assert price
    assert head.lower == (base.lower or 0) + 3 * price.usd


def test_other_weights_of_the_same_size_or_so_change_no_costs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLIPWAY_ENVIRONMENTS", str(tmp_path))
    hosting = "{type: serverless, memory_size_in_mb: 2048}"
    settings, _, _ = SETTINGS.replace("eu-central-1", "us-east-1").partition("    hosting:")
    (tmp_path / "dev.yaml").write_text(f"{settings}    hosting: {hosting}\n")
    base, head = (
        environment_cost("dev", tmp_path, published(tmp_path, size, digest))
        for size, digest in ((90 * 2**20, "a"), (130 * 2**20, "b"))
    )
    assert base
    assert head
    assert base.lower is not None
    assert head.lower is not None
    assert 0 < base.lower < head.lower
    cost = CostChange(base, head)
    assert not cost.is_change
    assert judge([EnvironmentReview("dev", "both", cost=cost)], parse_fail_on("cost-increase=0%")) == ([], [])


def test_a_cent_is_a_change() -> None:
    cost = CostChange(Cost(Decimal("0.004"), Decimal(1)), Cost(Decimal("0.014"), Decimal(1)))
    assert cost.is_change
    assert cost.increase == Decimal("2.5")


def test_an_environment_that_is_not_there_costs_nothing(tmp_path: Path) -> None:
    assert environment_cost("dev", tmp_path) == NO_COST


def test_the_first_endpoint_of_an_environment_grows_from_nothing(tmp_path: Path) -> None:
    priced = SETTINGS.replace("eu-central-1", "us-east-1").replace("ml.c5.large", "ml.m5.large")
    head, _, _ = priced.partition("endpoints:")
    (tmp_path / "dev.yaml").write_text(f"{head}endpoints: {{}}\n")
    empty = environment_cost("dev", tmp_path)
    assert empty == NO_COST
    (tmp_path / "dev.yaml").write_text(priced)
    review = EnvironmentReview("dev", "both", cost=CostChange(empty, environment_cost("dev", tmp_path)))
    (gate,), _ = judge([review], parse_fail_on("cost-increase=20%"))
    assert "from nothing" in gate.reason


def test_settings_that_are_wrong_have_no_costs(tmp_path: Path) -> None:
    (tmp_path / "dev.yaml").write_text(SETTINGS.replace("real-time", "unknown"))
    assert environment_cost("dev", tmp_path) is None


def test_each_side_finds_the_dockerfile_in_its_own_checkout(tmp_path: Path) -> None:
    costs, root = [], checkout.ROOT
    for side, name in (("base", "docker/Dockerfile"), ("head", "images/own/Dockerfile")):
        path = tmp_path / side / name
        path.parent.mkdir(parents=True)
        path.write_text("FROM scratch\n")
        environments = tmp_path / side / "environments"
        environments.mkdir()
        text = SETTINGS.replace("container: slim", f"container: {{dockerfile: {name}}}")
        (environments / "dev.yaml").write_text(text.replace("eu-central-1", "us-east-1").replace(".c5.", ".m5."))
        costs.append(environment_cost("dev", environments))
    assert costs[0] == costs[1]
    assert costs[0]
    assert costs[0].upper
    assert root == checkout.ROOT


@pytest.mark.parametrize(
    ("old", "new", "increase"),
    [
        (of(100, 200), of(150, 220), "0.5"),
        (of(100, 200), of(50, 100), "-0.5"),
        (of(0, 100), of(0, 100), "0"),
        (of(0, 0), of(0, 5), "Infinity"),
        (of(0, 0), Cost(Decimal("0.009"), Decimal(0)), "0"),
    ],
)
def test_the_growth_is_that_of_the_bound_that_grows_the_most(old: Cost, new: Cost, increase: str) -> None:
    assert CostChange(old, new).increase == Decimal(increase)


def test_what_is_not_known_has_no_growth() -> None:
    assert CostChange(None, of(1, 1)).increase is None
    assert CostChange(Cost(None, None, ("a",)), of(1, 1, "b")).increase is None
    assert CostChange(Cost(None, None, ("a",)), of(1, 1, "b")).unpriced == ("a", "b")
