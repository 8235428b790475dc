"""tools/nag.py: cdk-nag's findings are suppressed one by one, each with its reason."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from assets.checkout import ROOT

from .conftest import made_up_package

ENVIRONMENT = ROOT / "environments" / "local.yaml"
BUCKET = "AwsSolutions-S1"


@pytest.fixture(scope="module")
def nag() -> ModuleType:
    specification = importlib.util.spec_from_file_location("nag", ROOT / "tools" / "nag.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def problems(nag: ModuleType, suppressions: Any, folder: Path) -> list[str]:
    package = made_up_package(folder, "weights")
    return list(nag.problems([ENVIRONMENT], suppressions, lambda endpoint, variant: package))


def used_here(nag: ModuleType) -> list[Any]:
    elsewhere = (
        "captures",
        "async",
        "ec2",
        "training",
        "TrainingJobs",
    )  # of features that the environment does without
    return [each for each in nag.load_suppressions() if not any(word in each.rule for word in elsewhere)]


def test_an_environment_is_clean(nag: ModuleType, tmp_path: Path) -> None:
    assert problems(nag, used_here(nag), tmp_path) == []


def test_what_no_suppression_covers_is_named(nag: ModuleType, tmp_path: Path) -> None:
    (found,) = problems(nag, [each for each in used_here(nag) if each.rule != BUCKET], tmp_path)
    assert found.startswith(f"local.yaml: {BUCKET} at Slipway-local-artifacts/ArtifactBucket/Resource: ")


def test_a_suppression_of_nothing_is_to_be_removed(nag: ModuleType, tmp_path: Path) -> None:
    stale = nag.Suppression("AwsSolutions-SQS3", ".*", "there was a queue once")
    (found,) = problems(nag, [*used_here(nag), stale], tmp_path)
    assert "nothing is found of AwsSolutions-SQS3" in found


def test_a_suppression_covers_its_own_resource_alone(nag: ModuleType) -> None:
    (everything,) = [each for each in nag.load_suppressions() if each.rule.endswith(r"[Resource::\*\]")]
    role, other = "S/ExecutionRole/ServerlessPolicy/Resource", "S/Callers/Policy/Resource"
    assert everything.covers(nag.Finding("AwsSolutions-IAM5[Resource::*]", role, ""))
    assert not everything.covers(nag.Finding("AwsSolutions-IAM5[Resource::*]", other, ""))
    assert not everything.covers(nag.Finding("AwsSolutions-IAM5[Resource::arn:aws:s3:::b/*]", role, ""))
    assert not everything.covers(nag.Finding("AwsSolutions-IAM5[Action::s3:*]", role, ""))


@pytest.mark.parametrize("reason", ["''", "'  '", "null"], ids=["empty", "blank", "none"])
def test_a_suppression_without_a_reason_is_refused(nag: ModuleType, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "suppressions.yaml"
    path.write_text(f"- {{rule: {BUCKET}, construct: '.*', reason: {reason}}}\n")
    with pytest.raises(ValueError, match=f"{BUCKET} at .* has no reason"):
        nag.load_suppressions(path)
