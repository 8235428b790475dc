"""`network`: the VPC of an endpoint's containers, and whether they are cut off from any network."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator

from assets.mistakes import Mistake
from stacks.hosting import excludes
from stacks.settings_common.base import SettingsModel

_MAX_SUBNETS = 16
_MAX_SECURITY_GROUPS = 5


def _ids(value: list[str], *, kind: str, what: str, most: int) -> list[str]:
    # Amazon EC2 User Guide, "Resource IDs": 8 or 17 hexadecimal digits.
    for one in value:
        if not re.fullmatch(rf"{kind}-([0-9a-f]{{8}}|[0-9a-f]{{17}})", one):
            raise ValueError(f"{one!r} is not the id of a {what}, as in {kind}-0123456789abcdef0")
    if not 1 <= len(value) <= most:
        raise ValueError(f"{len(value)} ids; allowed: 1 to {most}")
    if len(set(value)) != len(value):
        raise ValueError("names an id twice; remove one")
    return value


def _subnets(value: list[str]) -> list[str]:
    return _ids(value, kind="subnet", what="subnet", most=_MAX_SUBNETS)


def _security_groups(value: list[str]) -> list[str]:
    return _ids(value, kind="sg", what="security group", most=_MAX_SECURITY_GROUPS)


class Network(SettingsModel):
    """Where the containers' network interfaces are (SageMaker API, VpcConfig; CreateModel)."""

    subnets: Annotated[list[str], AfterValidator(_subnets)] | None = None
    """Subnets of your VPC, 1 to 16 by id; SageMaker wants two in different availability zones."""

    security_group_ids: Annotated[list[str], AfterValidator(_security_groups)] | None = None
    """Security groups of the same VPC, 1 to 5 by id."""

    isolation: bool = False
    """Whether containers can make no call out; they have no credentials then, and install nothing at start."""


def network_mistakes(key: str, settings: Mapping[object, object], hosting_type: str) -> Iterator[Mistake]:
    """Yield what the keys of `network`, or an endpoint's other settings, make impossible.

    Parameters as of `artifact_mistakes`.

    Notes
    -----
    Sources: SageMaker API, VpcConfig; Amazon SageMaker AI Developer Guide, "Deploy models with Amazon SageMaker
    Serverless Inference", *Feature exclusions*.
    """
    network = settings.get("network")
    if not isinstance(network, Mapping):
        return
    given = [name for name in ("subnets", "security_group_ids") if network.get(name) is not None]
    if len(given) == 1:
        missing = "security_group_ids" if given == ["subnets"] else "subnets"
        yield Mistake(f"{key}.network.{missing}", f"is missing; a VPC takes both, and {given[0]} stands there")
    if excludes(hosting_type, "network") and (given or network.get("isolation") is True):
        name = given[0] if given else "isolation"
        problem = "endpoints have neither a VPC nor network isolation; leave the key out, or use instances"
        yield Mistake(f"{key}.network.{name}", f"{hosting_type} {problem}")
