"""The VPC of an endpoint's containers: where their network interfaces are, and what the subnets have to reach."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import IConstruct

from stacks.place import place_of
from stacks.settings.network import Network

_ENOUGH_SUBNETS = 2


def vpc_config(network: Network) -> sagemaker.CfnModel.VpcConfigProperty | None:
    """Write the `VpcConfig` of a Model; None where the settings name no VPC."""
    if not network.subnets or not network.security_group_ids:
        return None
    return sagemaker.CfnModel.VpcConfigProperty(
        subnets=network.subnets, security_group_ids=network.security_group_ids
    )


def network_statements(stack: cdk.Stack, network: Network) -> list[iam.PolicyStatement]:
    """Let the role make, share and delete network interfaces in these subnets; none where there is no VPC.

    SageMaker attaches interfaces of the VPC to instances of its own account, hence the permissions.

    Parameters
    ----------
    stack
        Of the endpoint.
    network
        The settings.

    Notes
    -----
    Sources: Amazon SageMaker AI Developer Guide, "CreateModel API: Execution Role Permissions" (the nine actions);
    Service Authorization Reference, Amazon EC2 (what each can be bound to).
    """
    if not network.subnets or not network.security_group_ids:
        return []
    place = place_of(stack)
    subnets = [place.arn("ec2", f"subnet/{subnet}") for subnet in network.subnets]
    groups = [place.arn("ec2", f"security-group/{group}") for group in network.security_group_ids]
    interfaces = place.arn("ec2", "network-interface/*")
    return [
        iam.PolicyStatement(
            sid="CreateNetworkInterfaces",
            actions=["ec2:CreateNetworkInterface"],
            resources=[interfaces, *subnets, *groups],
        ),
        iam.PolicyStatement(
            sid="ShareNetworkInterfaces",
            actions=["ec2:CreateNetworkInterfacePermission"],
            resources=[interfaces],
            conditions={"StringEquals": {"ec2:Subnet": subnets}},
        ),
        iam.PolicyStatement(
            sid="DeleteNetworkInterfaces",
            actions=["ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission"],
            resources=[interfaces],
        ),
        iam.PolicyStatement(
            sid="DescribeNetwork",
            actions=[
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            resources=["*"],
        ),
    ]


def note_network(scope: IConstruct, network: Network, region: str, *, encrypted: bool) -> None:
    """Say at synth what the subnets have to reach, since an endpoint that does not hangs until it fails.

    Parameters
    ----------
    scope
        What the notes are about.
    network
        The settings.
    region
        Of the environment.
    encrypted
        Whether a KMS key is in use.

    Notes
    -----
    Source: Amazon SageMaker AI Developer Guide, "Give SageMaker AI Hosted Endpoints Access to Resources in Your
    Amazon VPC".
    """
    if not network.subnets:
        return
    interfaces = ["ecr.api", "ecr.dkr", "logs", "monitoring", *(["kms"] if encrypted else [])]
    listed = ", ".join(f"com.amazonaws.{region}.{name}" for name in interfaces)
    cdk.Annotations.of(scope).add_info(
        f"The subnets {', '.join(network.subnets)} need a way to AWS: a NAT gateway, or the gateway "
        f"endpoint com.amazonaws.{region}.s3 in their route tables and the interface endpoints {listed}; a "
        "model that calls SageMaker or STS itself also needs sagemaker.api, sagemaker.runtime or sts. Each "
        "instance takes two of their addresses. (docs/hosting.md, VPC)"
    )
    if len(network.subnets) < _ENOUGH_SUBNETS:
        cdk.Annotations.of(scope).add_warning_v2(
            "slipway:one-subnet",
            f"{network.subnets[0]} is the only subnet; SageMaker wants two in different availability zones, even "
            "for one instance",
        )
