"""The tarball of a model as an asset of its stack."""

import aws_cdk as cdk
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from assets.package import Package

_DISABLE_STAGING = "aws:cdk:disable-asset-staging"  # a context key of the CDK (module cx-api)


class ModelData(Construct):
    """Has the CDK CLI publish a tarball, which synth neither reads nor copies.

    The asset's hash is the package's digest rather than one made from the bytes, and the cloud assembly names the
    tarball where it lies. `stacks.assembly` gives the published object its key.

    Parameters
    ----------
    scope, construct_id
        As of every construct.
    package
        The packed model.
    """

    def __init__(self, scope: Construct, construct_id: str, *, package: Package) -> None:
        super().__init__(scope, construct_id)
        self.node.set_context(_DISABLE_STAGING, True)
        s3_assets.Asset(
            self,
            "Tarball",
            path=str(package.path),
            asset_hash=package.digest,
            asset_hash_type=cdk.AssetHashType.CUSTOM,
            display_name=f"model {package.model}",
        )
