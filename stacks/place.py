"""Where a stack is: what the ARNs in it begin with."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import IConstruct


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


_known: WeakKeyDictionary[cdk.Stack, Place] = WeakKeyDictionary()
"""Each question to the Node process takes part of a millisecond, and a stack's statements ask some thirty."""


def place_of(scope: IConstruct) -> Place:
    """Return where the stack of a construct is."""
    stack = cdk.Stack.of(scope)
    place = _known.get(stack)
    if place is None:
        place = _known[stack] = Place(stack.partition, stack.region, stack.account)
    return place
