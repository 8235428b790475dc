"""VPC and network isolation: what the Model says, what the role may do, what synth tells of the subnets."""

from collections.abc import Callable
from typing import Any

import pytest

Synthesize = Callable[..., Any]
MODEL = "AWS::SageMaker::Model"
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
GROUPS = ["sg-0123456789abcdef0"]
MADE = """
account: "123456789012"
region: eu-central-1
endpoints:
  linear:
    model: linear
    hosting: {type: real-time, instance_type: ml.c7i.large}
    network: NETWORK
"""
VPC = MADE.replace("NETWORK", f"{{subnets: [{', '.join(SUBNETS)}], security_group_ids: [{GROUPS[0]}]}}")
ISOLATED = MADE.replace("NETWORK", "{isolation: true}")
EC2 = "arn:aws:ec2:eu-central-1:123456789012"


def ec2_statements(assembly: Any) -> dict[str, dict[str, Any]]:
    policy = assembly.endpoint().only("AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    return {statement["Sid"]: statement for statement in policy if "ec2:" in str(statement["Action"])}


def test_the_model_is_in_the_vpc(synthesize: Synthesize) -> None:
    model = synthesize(text=VPC).endpoint().only(MODEL)
    assert model["VpcConfig"] == {"Subnets": SUBNETS, "SecurityGroupIds": GROUPS}
    assert "EnableNetworkIsolation" not in model


def test_interfaces_are_made_in_these_subnets_and_groups_alone(synthesize: Synthesize) -> None:
    statements = ec2_statements(synthesize(text=VPC))
    subnets = [f"{EC2}:subnet/{subnet}" for subnet in SUBNETS]
    assert statements["CreateNetworkInterfaces"]["Resource"] == [
        f"{EC2}:network-interface/*",
        *subnets,
        f"{EC2}:security-group/{GROUPS[0]}",
    ]
    assert statements["ShareNetworkInterfaces"]["Condition"] == {"StringEquals": {"ec2:Subnet": subnets}}
    for sid in ("ShareNetworkInterfaces", "DeleteNetworkInterfaces"):
        assert statements[sid]["Resource"] == f"{EC2}:network-interface/*"


def test_the_role_has_the_nine_actions_that_sagemaker_names(synthesize: Synthesize) -> None:
    actions: set[str] = set()
    for statement in ec2_statements(synthesize(text=VPC)).values():
        given = statement["Action"]
        actions |= {given} if isinstance(given, str) else set(given)
    assert actions == {
        "ec2:CreateNetworkInterface",
        "ec2:CreateNetworkInterfacePermission",
        "ec2:DeleteNetworkInterface",
        "ec2:DeleteNetworkInterfacePermission",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    }


def test_synth_names_what_the_subnets_have_to_reach(synthesize: Synthesize) -> None:
    notes = synthesize(text=VPC).annotations()
    for service in ("s3", "ecr.api", "ecr.dkr", "logs", "monitoring"):
        assert f"com.amazonaws.eu-central-1.{service}" in notes
    assert "com.amazonaws.eu-central-1.kms" not in notes
    assert "aws:cdk:warning" not in notes


def test_with_a_key_the_subnets_have_to_reach_kms_as_well(synthesize: Synthesize) -> None:
    notes = synthesize(text=f"{VPC}    encryption: {{volume: made}}\n").annotations()
    assert "com.amazonaws.eu-central-1.kms" in notes


def test_a_single_subnet_is_a_warning(synthesize: Synthesize) -> None:
    notes = synthesize(text=VPC.replace(f", {SUBNETS[1]}", "")).annotations()
    assert "slipway:one-subnet" in notes


def test_isolation_is_no_vpc(synthesize: Synthesize) -> None:
    assembly = synthesize(text=ISOLATED)
    model = assembly.endpoint().only(MODEL)
    assert model["EnableNetworkIsolation"] is True
    assert "VpcConfig" not in model
    assert ec2_statements(assembly) == {}


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_without_it_there_is_neither(synthesize: Synthesize, environment: str) -> None:
    assembly = synthesize(environment)
    assert not {"VpcConfig", "EnableNetworkIsolation"} & set(assembly.endpoint().only(MODEL))
    assert ec2_statements(assembly) == {}
