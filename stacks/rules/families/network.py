"""VPC and network isolation."""

from collections.abc import Iterator

from stacks.rules.registry import Problem, rule
from stacks.rules.views import EndpointConfig, Model, View

_MAX_SUBNETS = 16
_MAX_SECURITY_GROUPS = 5
# SageMaker Developer Guide, "SageMaker Roles": what CreateModel needs with a VpcConfig.
_VPC_ACTIONS = (
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
_INSTALLING = ("SAGEMAKER_REQUIREMENTS", "CA_REPOSITORY_ARN")
_LIMITS = "A VPC has 1 to 16 subnets and 1 to 5 security groups"
_LIMITS_WHY = "SageMaker refuses more subnets or security groups"
_LIMITS_MEND = "Name at most 16 subnets and 5 security groups."


def _limits(view: View) -> Iterator[Problem]:
    for name, most in (("Subnets", _MAX_SUBNETS), ("SecurityGroupIds", _MAX_SECURITY_GROUPS)):
        node = view.at("VpcConfig", name)
        if view.at("VpcConfig").present and node.items is not None and not 1 <= len(node.items) <= most:
            yield Problem(node, f"VpcConfig has {len(node.items)} {name}")


@rule(Model, "vpc-limits", _LIMITS, why=_LIMITS_WHY, mend=_LIMITS_MEND, source="vpc")
def vpc_limits(model: Model) -> Iterator[Problem]:
    """Count subnets and security groups of a model."""
    yield from _limits(model)


@rule(
    EndpointConfig,
    "config-vpc-limits",
    "The same of the VPC of a config",
    why=_LIMITS_WHY,
    mend=_LIMITS_MEND,
    source="vpc",
)
def config_vpc_limits(config: EndpointConfig) -> Iterator[Problem]:
    """Count subnets and security groups of an endpoint config."""
    yield from _limits(config)


@rule(
    Model,
    "vpc-permissions",
    "In a VPC, the execution role may do nine ec2 actions",
    why="SageMaker makes the network interfaces of the containers with the execution role",
    mend="Allow the execution role the nine ec2 actions of the guide.",
    source="roles",
)
def vpc_permissions(model: Model) -> Iterator[Problem]:
    """Look at the role, where this template has it with all its policies."""
    if model.at("VpcConfig").present and model.role:
        missing = [action for action in _VPC_ACTIONS if model.role.lacks(action)]
        if missing:
            role = model.role.resource.logical_id
            yield Problem(
                model.at("VpcConfig"), f"the role {role} lacks actions", f"Allow it {', '.join(missing)}."
            )


@rule(
    Model,
    "isolation-downloads",
    "With network isolation, nothing is downloaded at start",
    why="an isolated container reaches neither a package index nor AWS, and has no credentials",
    mend="Put the dependencies and weights into the tarball or the image.",
    source="isolation",
    severity="warning",
)
def isolation_downloads(model: Model) -> Iterator[Problem]:
    """Look for variables that have a container install or download something."""
    for container in (model.containers or ()) if model.isolated.flag else ():
        for name in _INSTALLING:
            if container.variable(name).present and container.variable(name).text != "":
                yield Problem(container.variable(name), f"{name} has an isolated container install packages")
        weights = container.variable("HF_MODEL_ID")
        if weights.text and not weights.text.startswith("/"):
            yield Problem(weights, f"HF_MODEL_ID has an isolated container download {weights.text}")
