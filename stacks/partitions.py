"""AWS's partitions: which one a region is in."""

_BY_PREFIX = {
    "cn-": "aws-cn",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
}


def partition_of(region: str) -> str:
    """Return the partition of a region, as ARNs begin with it.

    Notes
    -----
    Source: botocore, `partitions.json` (`regionRegex` of each). CDK's own table takes its Node process a twentieth
    of a second to load.
    """
    return next((partition for prefix, partition in _BY_PREFIX.items() if region.startswith(prefix)), "aws")
