"""Where a stack is: what the ARNs in it begin with."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import IConstruct

from stacks.partitions import partition_of


@dataclass(frozen=True)
class Place:
    """A partition, region and account.

    Parameters
    ----------
    partition
        As in an ARN: `aws`, `aws-cn` and so on.
    region
        The region's name.
    account
        The account's id.
    """

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of a service that is regional and of the account."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def s3_arn(self, resource: str) -> str:
        """Return the ARN of a bucket, or of objects in it."""
        return f"arn:{self.partition}:s3:::{resource}"


_known: WeakKeyDictionary[IConstruct, Place] = WeakKeyDictionary()
"""Each question to the Node process takes part of a millisecond, and a stack's statements ask some thirty."""


def place_of(scope: IConstruct) -> Place:
    """Return where the stack of a construct is, whose region and account are known at synth."""
    place = _known.get(scope)
    if place is None:
        stack = cdk.Stack.of(scope)
        place = _known.get(stack) or Place(partition_of(stack.region), stack.region, stack.account)
        _known[scope] = _known[stack] = place
    return place
