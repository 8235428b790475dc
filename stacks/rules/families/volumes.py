"""Storage volumes."""

import re
from collections.abc import Iterator

from stacks.instance_types import family
from stacks.rules.limits import outside
from stacks.rules.registry import Problem, rule
from stacks.rules.template import Node
from stacks.rules.views import EndpointConfig, Variant

# EC2's instance store volumes: a d after the generation says so, and these families are without the letter.
_NAMED_FOR_DISKS = re.compile(r"[cmr]\d+[a-z]*d[a-z]*")
_WITH_DISKS = {
    *("g4dn", "g5", "g6", "g6e", "g7", "g7e"),
    *("p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300", "p6e-gb200"),
    *("trn1", "trn1n", "trn2", "dl1"),
}


def _with_disks(variant: Variant) -> list[Node]:
    def has_disks(instance_type: str) -> bool:
        return family(instance_type) in _WITH_DISKS or bool(_NAMED_FOR_DISKS.fullmatch(family(instance_type)))

    return [node for node in variant.instance_types if node.text and has_disks(node.text)]


@rule(
    Variant,
    "volume-size",
    "A volume has 1 to 512 GB",
    why="SageMaker attaches volumes of 1 to 512 GB to hosting instances",
    mend="Choose 1 to 512 GB.",
    source="variant",
)
def volume_size(variant: Variant) -> Iterator[Problem]:
    """Look at VolumeSizeInGB."""
    yield from outside(variant.at("VolumeSizeInGB"), 1, 512, " GB")


@rule(
    Variant,
    "volume-on-local-disks",
    "No volume size on instances with NVMe disks of their own",
    why="such instances use their own NVMe disks, of a fixed size, and SageMaker refuses a volume size",
    mend="Leave VolumeSizeInGB out.",
    source="volumes",
    severity="warning",
)
def volume_on_local_disks(variant: Variant) -> Iterator[Problem]:
    """Look for a size; a warning, because AWS's documentation says so for training, not for hosting."""
    size = variant.at("VolumeSizeInGB")
    for node in _with_disks(variant) if size.present else ():
        yield Problem(size, f"{variant.label} has a VolumeSizeInGB on {node.text}")


@rule(
    EndpointConfig,
    "key-on-local-disks",
    "A KMS key does not encrypt NVMe disks of the instances",
    why="instances with NVMe disks of their own encrypt them in hardware, with another key than KmsKeyId",
    mend="Leave KmsKeyId out, or choose an instance type without local disks where your own key must be used.",
    source="config",
    severity="warning",
)
def key_on_local_disks(config: EndpointConfig) -> Iterator[Problem]:
    """Look for a key that encrypts nothing."""
    key = config.at("KmsKeyId")
    for variant in config.all_variants if key.present else ():
        for node in _with_disks(variant):
            yield Problem(key, f"KmsKeyId does not encrypt the disks of {node.text}")
