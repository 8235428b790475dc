"""Statements on objects of the artifact bucket."""

from collections.abc import Iterable

from aws_cdk import aws_iam as iam
from constructs import IConstruct

from stacks.hosting.object_access import ObjectAccess
from stacks.place import place_of


def object_statements(
    scope: IConstruct, *, bucket: str, accesses: Iterable[ObjectAccess]
) -> list[iam.PolicyStatement]:
    """Write one statement for each sid.

    Parameters
    ----------
    scope
        In the stack of the policy.
    bucket
        The artifact bucket's name.
    accesses
        Of one endpoint, or of several: what has the same sid is one statement.
    """
    place = place_of(scope)
    arns: dict[tuple[str, str], list[str]] = {}
    for access in accesses:
        named = arns.setdefault((access.sid, access.action), [])
        named += [place.s3_arn(f"{bucket}/{prefix}*") for prefix in access.prefixes]
    return [
        iam.PolicyStatement(sid=sid, actions=[action], resources=resources)
        for (sid, action), resources in arns.items()
    ]
