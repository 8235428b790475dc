"""What is certain about the instances of a variant, and about the images on them."""

from collections.abc import Iterator

from stacks.instance_types import known_instance_types
from stacks.rules.images import AwsImage, aws_image
from stacks.rules.template import Node
from stacks.rules.views import Variant


def known_types(variant: Variant) -> list[str]:
    """Return the instance types that the variant may run on, as far as their hardware is known."""
    known = set(known_instance_types())
    return [node.text for node in variant.instance_types if node.text and node.text in known]


def aws_images(variant: Variant) -> Iterator[tuple[Node, AwsImage]]:
    """Yield the images of AWS's that the variant runs, and where they are named."""
    for container in variant.containers:
        node = container.node.at("Image")
        image = aws_image(node)
        if image:
            yield node, image
