"""What the CDK CLI finds in the cloud assembly: the tarball's key, and what waits for what."""

from collections.abc import Callable
from typing import Any

import pytest

Synthesize = Callable[..., Any]
ENVIRONMENTS = ["local", "dev", "staging", "prod"]


def tarball(assembly: Any) -> dict[str, Any]:
    path = str(assembly.package.path)
    (file,) = [file for file in assembly.assets()["files"].values() if file["source"]["path"] == path]
    return dict(file)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_tarball_goes_where_the_model_reads_it(synthesize: Synthesize, environment: str) -> None:
    assembly = synthesize(environment)
    (destination,) = tarball(assembly)["destinations"].values()
    published = f"s3://{destination['bucketName']}/{destination['objectKey']}"
    container = assembly.endpoint().only("AWS::SageMaker::Model")["PrimaryContainer"]
    assert published == container["ModelDataUrl"]
    assert published.endswith(f"/models/linear/{assembly.package.digest}.tar.gz")
    assert "file-publishing-role" in destination["assumeRoleArn"]


def test_the_tarball_is_neither_read_nor_copied(synthesize: Synthesize) -> None:
    assembly = synthesize("prod")
    assert tarball(assembly)["source"] == {"path": str(assembly.package.path), "packaging": "file"}
    assert sum(path.stat().st_size for path in assembly.directory.rglob("*") if path.is_file()) < 2**20


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_asset_is_published_before_bucket_and_repository_are_there(
    synthesize: Synthesize, environment: str
) -> None:
    manifest = synthesize(environment).manifest
    artifacts = f"Slipway-{environment}-artifacts"
    assert artifacts in manifest[f"Slipway-{environment}-linear.assets"]["dependencies"]
    assert artifacts in manifest[f"Slipway-{environment}-linear"]["dependencies"]
    assert artifacts not in manifest[f"{artifacts}.assets"].get("dependencies", [])


def test_the_artifact_stack_itself_needs_the_bootstrap_bucket_only(synthesize: Synthesize) -> None:
    url = synthesize("prod").manifest["Slipway-prod-artifacts"]["properties"]["stackTemplateAssetObjectUrl"]
    assert url.startswith("s3://cdk-hnb659fds-assets-333333333333-eu-central-1/")


def test_the_endpoints_template_is_published_beside_its_tarballs(synthesize: Synthesize) -> None:
    url = synthesize("prod").manifest["Slipway-prod-linear"]["properties"]["stackTemplateAssetObjectUrl"]
    assert url.startswith("s3://slipway-prod-artifacts-333333333333-eu-central-1/models/linear/")
