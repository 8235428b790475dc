"""What is certain about a container image from its URI: about AWS's containers much, about others nothing."""

import re
from dataclasses import dataclass
from datetime import date

from stacks.containers import container_of_repository, dlc_accounts
from stacks.rules.template import Node

_URI = re.compile(
    r"(?P<account>[^./]+)\.dkr\.ecr(?:-fips)?\.(?P<region>[^./]+)\.[^/]+/(?P<repository>[^:@]+):(?P<tag>[^:@]+)"
)
_CUDA_IN_TAG = re.compile(r"-cu(\d{2})(\d)(?:-|$)")
_VERSION = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True)
class AwsImage:
    """An image of AWS's Deep Learning Containers.

    Parameters
    ----------
    account
        Of the registry.
    region
        Of the registry; None when it is not literal.
    repository, tag
        As in the URI.
    """

    account: str
    region: str | None
    repository: str
    tag: str

    @property
    def name(self) -> str:
        """How messages name it."""
        return f"{self.repository}:{self.tag}"

    @property
    def hardware(self) -> str | None:
        """What it is built for: gpu, cpu, or None when its tag does not say."""
        words = set(self.tag.split("-"))
        if words & {"gpu", "cuda"} or _CUDA_IN_TAG.search(self.tag):
            return "gpu"
        return "cpu" if "cpu" in words else None

    @property
    def cuda(self) -> str | None:
        """The version of CUDA inside, as "12.9"; None when neither tag nor catalogue has it."""
        in_tag = _CUDA_IN_TAG.search(self.tag)
        if in_tag:
            return ".".join(in_tag.groups())
        entry = container_of_repository(self.repository)
        build = entry.tagged(self.tag) if entry else None
        return build.cuda if build else None

    @property
    def processor(self) -> str | None:
        """The processors that it is built for: arm, x86, or None when that is not certain."""
        if re.search("graviton|arm64|aarch64", self.name):
            return "arm"
        return "x86" if self.repository in ("ray", "pytorch-inference") else None

    @property
    def is_ray_serve(self) -> bool:
        """Whether it is the Ray Serve container for SageMaker."""
        return self.repository == "ray" and self.tag.startswith("serve-") and "sagemaker" in self.tag

    @property
    def patched_until(self) -> date | None:
        """The last day on which AWS patches it; None where no end is known."""
        entry = container_of_repository(self.repository)
        return entry.patched_until if entry else None

    @property
    def version(self) -> tuple[int, int] | None:
        """The version of the framework that the tag begins with."""
        found = _VERSION.match(self.tag)
        return (int(found.group(1)), int(found.group(2))) if found else None


def aws_image(node: Node) -> AwsImage | None:
    """Return the image of AWS's that a container runs; None when it is another or not certain.

    Parameters
    ----------
    node
        The container's `Image`.
    """
    coded = "".join(part if isinstance(part, str) else "\0" for part in node.parts)
    found = _URI.fullmatch(coded)
    if not found or found["account"] not in dlc_accounts().values():
        return None
    if "\0" in found["repository"] or "\0" in found["tag"]:
        return None
    region = found["region"] if "\0" not in found["region"] else node.resource.template.region
    return AwsImage(found["account"], region, found["repository"], found["tag"])
