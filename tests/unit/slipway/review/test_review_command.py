"""`slipway review` on a scratch repository: what two branches change, found with no credentials."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from assets import checkout
from slipway.commands import review as review_module
from slipway.costs.items import Item
from slipway.costs.price_file import COMMITTED, read_prices

from .test_git import git

PARTS = ("app.py", "cdk.json", "assets", "stacks", "serving", "tools")
ENVIRONMENT = """\
account: "333333333333"
region: us-east-1
removal: retain
endpoints:
  scoring:
    model: scoring
    container: ray-serve
    hosting:
      type: real-time
      instance_type: ml.m5.large
"""
REVIEW = """
import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except OSError as error:
    assert "unreachable" in str(error), error
from slipway.cli import main
main()
"""
STATEMENT = """\
    additional_statements:
      - sid: ReadFeatures
        actions: [dynamodb:GetItem]
        resources: ["arn:aws:dynamodb:us-east-1:333333333333:table/features"]
"""


def save_weights(folder: Path, weights: bytes) -> None:
    """A file as torch.save makes it, of which nothing but its outside is looked at here."""
    with zipfile.ZipFile(folder / "model.pth", "w") as file:
        # The pickle of {}.
        file.writestr(zipfile.ZipInfo("archive/data.pkl"), b"\x80\x02}q\x00.")
        file.writestr(zipfile.ZipInfo("archive/data/0"), weights)
        file.writestr(zipfile.ZipInfo("archive/version"), b"3\n")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of one environment with one small model, on a branch `feature`."""
    root = tmp_path_factory.mktemp("checkout")
    for part in PARTS:
        source = checkout.ROOT / part
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, root / part, ignore=ignore) if source.is_dir() else shutil.copy(
            source, root / part
        )
    (root / ".gitignore").write_text(".slipway/\n__pycache__/\n/node_modules\n")
    (root / "node_modules").symlink_to(checkout.ROOT / "node_modules")
    (root / "environments").mkdir()
    (root / "environments" / "prod.yaml").write_text(ENVIRONMENT)
    model = root / "model_code" / "scoring"
    model.mkdir(parents=True)
    (model / "model.yaml").write_text("weights: model.pth\n")
    (model / "inference.py").write_text("def model_fn(model_dir):\n    return lambda values: values\n")
    save_weights(model, b"old")
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "base")
    git(root, "checkout", "--quiet", "-b", "feature")
    return root


@pytest.fixture
def here(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(checkout, "ROOT", repository)
    monkeypatch.setattr(checkout, "STATE", repository / ".slipway")
    monkeypatch.setenv("SLIPWAY_ENVIRONMENTS", str(repository / "environments"))  # and no prices of the user's own
    monkeypatch.setenv("AWS_PROFILE", "a-profile-that-is-not-there")
    monkeypatch.setenv("CDK_VALIDATION", "false")  # CDK's own check takes a while to load, and finds nothing here
    yield repository
    git(repository, "checkout", "--quiet", "--force", "main")
    git(repository, "clean", "--quiet", "--force", "-d")
    assert list((repository / ".slipway" / "review").glob("*")) == []


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def change_much(checkout: Path) -> None:
    """Change the instance type, the role, the weights and the name of the bucket."""
    environment = checkout / "environments" / "prod.yaml"
    replace_in(environment, "ml.m5.large", "ml.m5.xlarge")
    environment.write_text(environment.read_text() + STATEMENT)
    replace_in(checkout / "stacks" / "names.py", "-artifacts-{self.account}", "-models-{self.account}")
    save_weights(checkout / "model_code" / "scoring", b"new" * 500_000)


def test_a_branch_that_changes_much_is_told_apart(here: Path, slipway: Callable[..., Any], tmp_path: Path) -> None:
    change_much(here)
    output = tmp_path / "review.json"
    gates = "replacement,iam-widening,cost-increase=20%"
    ran = slipway("review", "--format", "json", "--fail-on", gates, "--output", str(output))
    assert ran.status == 3, ran.errors
    assert "gate: replacement in prod" in ran.errors
    assert "gate: cost-increase in prod: costs grow by 100.0 %; 20.0 % is allowed" in ran.errors
    document = json.loads(output.read_text())
    assert document["revisions"]["dirty"] is True
    (prod,) = document["environments"]
    assert prod["failures"] == {}
    assert prod["verdict"].startswith("1 stateful resource replaced or deleted, ")
    assert [change["name"] for change in resources(prod) if change["fate"] and change["stateful"]] == [
        "ArtifactBucket"
    ]
    assert {"path": "BucketName", "replaces": "yes", "note": None, **bucket_names()} in properties(prod)
    types = {"old": "ml.m5.large", "new": "ml.m5.xlarge"}
    assert {
        "path": "ProductionVariants[AllTraffic].InstanceType",
        "replaces": "yes",
        "note": None,
        **types,
    } in properties(prod)
    sentences = [policy["sentence"] for policy in prod["policies"] if policy["widening"]]
    table = "arn:aws:dynamodb:us-east-1:333333333333:table/features"
    assert f"the role ExecutionRole of scoring may now dynamodb:GetItem on {table}" in sentences
    (model,) = prod["models"]
    assert model["old"]["digest"] != model["new"]["digest"]
    changed = {
        name for name in model["old"]["files"] if model["old"]["files"][name] != model["new"]["files"][name]
    }
    assert changed == {"model.pth"}
    for side, instance_type in types.items():
        assert Decimal(prod["cost"][side]["lower"]) == cost_of(instance_type, model[side]["size"])


def cost_of(instance_type: str, size: int) -> Decimal:
    """What an instance all month and a package cost, by the committed prices."""
    prices = read_prices(COMMITTED)
    instance = prices.find(Item("real-time-instance", instance_type), region="us-east-1")
    storage = prices.find(Item("s3-storage"), region="us-east-1")
    assert instance
    assert storage
    return 730 * instance.usd + Decimal(size) / 2**30 * storage.usd


ALONE = ["unshare", "--user", "--map-root-user", "--net"]
"""In a network of its own, in which there is nothing."""


@pytest.fixture(scope="module")
def no_network() -> list[str]:
    """What runs a command without a network, where this machine lets it."""
    if not shutil.which(ALONE[0]) or subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody make a network namespace (unshare)")
    return ALONE


def test_neither_a_network_nor_credentials_are_needed(here: Path, no_network: list[str], tmp_path: Path) -> None:
    change_much(here)
    variables = {
        "HOME": str(tmp_path),
        "PATH": f"{Path(shutil.which('git') or '').parent}:{os.defpath}",
        "CDK_VALIDATION": "false",
        # The CDK that the other tests unpacked there: it takes as long as the review.
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path.home() / ".cache" / "aws" / "jsii" / "package-cache"),
    }
    ran = subprocess.run(
        [*no_network, sys.executable, "-c", REVIEW, "review", "--fail-on", "cost-increase=20%"],
        cwd=here,  # whose modules Python takes first, as in a clone
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 3, ran.stderr
    assert "costs $83.95 → $167.90 a month" in ran.stdout
    _, _, lost = ran.stdout.partition("**Replaced, deleted or no longer defined**")
    assert lost.split()[0:2] == ["-", "**`ArtifactBucket`"]


def resources(environment: dict[str, Any]) -> list[dict[str, Any]]:
    return [change for stack in environment["stacks"] for change in stack["resources"]]


def properties(environment: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for change in resources(environment) for each in change["properties"]]


def bucket_names() -> dict[str, str]:
    return {
        side: f"slipway-prod-{name}-333333333333-us-east-1"
        for side, name in (("old", "artifacts"), ("new", "models"))
    }


def test_a_branch_that_changes_a_comment_changes_nothing(here: Path, slipway: Callable[..., Any]) -> None:
    for path in (here / "stacks" / "names.py", here / "environments" / "prod.yaml"):
        path.write_text(f"{path.read_text()}# a comment\n")
    ran = slipway("review", "--fail-on", "replacement,iam-widening")
    assert ran.status == 0, ran.errors
    assert ran.text.splitlines()[-1] == "- `prod`: nothing changes"


def test_settings_that_are_wrong_are_said_in_the_review(here: Path, slipway: Callable[..., Any]) -> None:
    (here / "environments" / "dev.yaml").write_text(ENVIRONMENT.replace("real-time", "real-timely"))
    ran = slipway("review", "--env", "dev")
    assert ran.status == 1
    assert ran.text.splitlines()[4] == "- `dev`: **the head cannot be synthesized**"
    assert "real-timely" in ran.text


def test_an_unknown_base_or_environment_is_one_line(here: Path, slipway: Callable[..., Any]) -> None:
    assert "git knows no commit 'nothing'" in slipway("review", "--base", "nothing").error()
    assert "did you mean prod?" in slipway("review", "--env", "prd").error()


@pytest.mark.parametrize("place", ["no/such/folder/review.md", "file/review.md"])
def test_a_file_that_cannot_be_written_is_refused_before_the_review(
    slipway: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(review_module, "make_review", lambda *_: pytest.fail("a review was made"))
    error = slipway("review", "--output", str(tmp_path / place)).error()
    assert "cannot be written" in error
    assert place in error


@pytest.mark.parametrize("option", [("--fail-on", "everything"), ("--format", "html")])
def test_a_wrong_option_has_a_status_of_its_own(
    here: Path, slipway: Callable[..., Any], option: tuple[str, str]
) -> None:
    assert slipway("review", *option).status == 2
