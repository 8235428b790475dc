"""The roles that `cdk bootstrap` made, by which the CDK CLI publishes assets and deploys."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from stacks.place import place_of

_DEFAULT_QUALIFIER = "hnb659fds"


def bootstrap_role(stack: cdk.Stack, kind: str) -> iam.ArnPrincipal:
    """Return a bootstrap role of the stack's account and region as a principal.

    Parameters
    ----------
    stack
        Whose synthesizer knows the bootstrap qualifier (context `@aws-cdk/core:bootstrapQualifier`).
    kind
        `deploy`, `file-publishing`, `image-publishing` or `lookup`.

    Notes
    -----
    Names: AWS CDK Developer Guide, "Customize AWS CDK bootstrapping".
    """
    qualifier = stack.synthesizer.bootstrap_qualifier or _DEFAULT_QUALIFIER
    place = place_of(stack)
    name = f"cdk-{qualifier}-{kind}-role-{place.account}-{place.region}"
    return iam.ArnPrincipal(f"arn:{place.partition}:iam::{place.account}:role/{name}")
