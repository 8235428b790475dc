"""Capture, VPC, isolation, and what the execution role may do."""

from .cases import Broken, Deployment
from .deployments import VPC, Config, Model, alarms, blue_green, capture, statement

_EC2 = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)
_CAPTURED = "arn:aws:s3:::captured/linear/*"


def _vpc(subnets: int = 2, groups: int = 1) -> Deployment:
    return {
        "vpc_config": Model.VpcConfigProperty(
            security_group_ids=[f"sg-{number}" for number in range(groups)],
            subnets=[f"subnet-{number}" for number in range(subnets)],
        )
    }


def _captures(*, sampling: float = 10, **role: object) -> Deployment:
    return {"config": {"data_capture_config": capture(sampling)}, **role}


VALID: dict[str, dict[str, Deployment]] = {
    "network": {
        "vpc-largest": {"model": _vpc(16, 5)},
        "vpc-of-config": {"config": {"vpc_config": Config.VpcConfigProperty(**VPC)}},
        "vpc-with-permissions": {"model": _vpc(), "role": [statement(*_EC2)]},
        "vpc-with-attached-permissions": {
            "model": _vpc(),
            "role": [statement("ec2:Describe*")],
            "attached": [statement("ec2:*NetworkInterface*")],
        },
        "isolated": {"model": {"enable_network_isolation": True}},
        "isolated-with-local-weights": {
            "model": {"enable_network_isolation": True},
            "container": {"environment": {"HF_MODEL_ID": "/opt/ml/model"}},
        },
    },
    "capture": {
        "capture-nothing": _captures(sampling=0),
        "capture-everything": _captures(sampling=100, role=[statement("s3:PutObject", resource=_CAPTURED)]),
        "capture-attached": _captures(
            role=[], attached=[statement("s3:Put*", resource="arn:aws:s3:::captured/*")]
        ),
        "capture-in-another-partition": _captures(
            role=[statement("s3:PutObject", resource="arn:aws-cn:s3:::captured/linear/*")]
        ),
        "capture-in-govcloud": _captures(
            role=[statement("s3:PutObject", resource="arn:aws-us-gov:s3:::captured/linear/*")]
        ),
        "capture-by-https": {
            "config": {"data_capture_config": capture(destination="https://captured.s3.amazonaws.com/linear")},
            "role": [statement("s3:PutObject", resource=_CAPTURED)],
        },
        "capture-of-one-endpoint": _captures(
            role=[statement("s3:PutObject", resource="arn:aws:s3:::captured/linear/Endpoint-abc/*")]
        ),
        "capture-by-policy-variable": _captures(
            role=[statement("s3:PutObject", resource="arn:aws:s3:::${aws:PrincipalTag/bucket}/linear/*")]
        ),
    },
    "rollout_exclusions": {
        "alarms-readable": {
            "endpoint": {"deployment_config": blue_green()},
            "role": [statement("cloudwatch:DescribeAlarms", resource="arn:aws:cloudwatch:*:*:alarm:errors-0")],
        },
    },
}

BROKEN: dict[str, Broken] = {
    "vpc-limits-subnets": Broken("vpc-limits", "16 subnets", {"model": _vpc(17)}),
    "vpc-limits-groups": Broken("vpc-limits", "5 security groups", {"model": _vpc(1, 6)}),
    "config-vpc-limits": Broken(
        "config-vpc-limits",
        "5 security groups",
        {
            "config": {
                "vpc_config": Config.VpcConfigProperty(
                    security_group_ids=[f"sg-{number}" for number in range(6)], subnets=["subnet-0"]
                )
            }
        },
    ),
    "vpc-permissions-none": Broken(
        "vpc-permissions", "ec2:DescribeVpcs", {"model": _vpc(), "role": [statement("s3:GetObject")]}
    ),
    "vpc-permissions-one-lacks": Broken(
        "vpc-permissions", "Allow it ec2:DescribeVpcs.", {"model": _vpc(), "role": [statement(*_EC2[:-1])]}
    ),
    "isolation-requirements": Broken(
        "isolation-downloads",
        "tarball",
        {
            "model": {"enable_network_isolation": True},
            "container": {"environment": {"SAGEMAKER_REQUIREMENTS": "requirements.txt"}},
        },
    ),
    "isolation-weights": Broken(
        "isolation-downloads",
        "weights",
        {"model": {"enable_network_isolation": True}, "container": {"environment": {"HF_MODEL_ID": "team/large"}}},
    ),
    "capture-sampling": Broken("capture-sampling", "0 to 100", _captures(sampling=101)),
    "capture-permission": Broken(
        "capture-permission", "s3:PutObject", _captures(role=[statement("s3:GetObject")])
    ),
    "capture-permission-elsewhere": Broken(
        "capture-permission",
        "prefix",
        _captures(role=[], attached=[statement("s3:PutObject", resource="arn:aws:s3:::other/*")]),
    ),
    "capture-permission-bucket": Broken(
        "capture-permission",
        "prefix",
        _captures(role=[statement("s3:PutObject", resource="arn:aws:s3:::captured")]),
    ),
    "capture-permission-neighbour": Broken(
        "capture-permission",
        "prefix",
        _captures(role=[statement("s3:PutObject", resource="arn:aws:s3:::captured/linear2/*")]),
    ),
    "capture-permission-denied": Broken(
        "capture-permission", "s3:PutObject", _captures(role=[statement("s3:PutObject", effect="Deny")])
    ),
    "rollback-permission": Broken(
        "rollback-permission",
        "cloudwatch:DescribeAlarms",
        {"endpoint": {"deployment_config": blue_green(watched=alarms(2))}, "role": [statement("logs:*")]},
    ),
    "rollback-permission-one-lacks": Broken(
        "rollback-permission",
        "cloudwatch:DescribeAlarms",
        {
            "endpoint": {"deployment_config": blue_green(watched=alarms(2))},
            "role": [
                statement("cloudwatch:DescribeAlarms", resource="arn:aws:cloudwatch:*:*:alarm:errors-0"),
                statement("cloudwatch:DescribeAlarms", resource="arn:aws:cloudwatch:*:*:alarm:latency-*"),
            ],
        },
    ),
}
