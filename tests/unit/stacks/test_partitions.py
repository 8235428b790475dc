"""Our table of partitions against the one that botocore has from AWS."""

import botocore.session
import pytest

from stacks.partitions import partition_of

SESSION = botocore.session.get_session()
REGIONS = {
    region: partition
    for partition in SESSION.get_available_partitions()
    for service in ("s3", "sagemaker", "ec2")
    for region in SESSION.get_available_regions(service, partition, allow_non_regional=False)
}


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_every_region_that_botocore_knows_is_in_its_partition(region: str) -> None:
    assert partition_of(region) == REGIONS[region]


def test_every_partition_that_botocore_knows_was_asked_for() -> None:
    assert {"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b"} <= set(REGIONS.values())
    assert set(REGIONS.values()) == {partition_of(region) for region in REGIONS}
