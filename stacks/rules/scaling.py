"""Autoscaling of variants, as the rules look at it."""

import re
from collections.abc import Sequence
from functools import cached_property

from stacks.rules.template import Node, Resource
from stacks.rules.values import Reference
from stacks.rules.views import ENDPOINT, Endpoint, Variant, View

TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
_SCALED_VARIANT = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")


class ScalableTarget(View):
    """A registration of a variant for autoscaling."""

    @property
    def is_sagemaker(self) -> bool:
        """Whether it certainly is of a SageMaker variant."""
        return self.at("ServiceNamespace").text == "sagemaker" or self._ids is not None

    @cached_property
    def _ids(self) -> tuple[Node, Node] | None:
        """The endpoint's and the variant's name."""
        node = self.at("ResourceId")
        coded = "".join(part if isinstance(part, str) else f"\0{index}\0" for index, part in enumerate(node.parts))
        found = _SCALED_VARIANT.fullmatch(coded)
        if not found:
            return None
        endpoint, variant = (self._decoded(node, group) for group in found.groups())
        return endpoint, variant

    @staticmethod
    def _decoded(node: Node, coded: str) -> Node:
        alone = re.fullmatch("\0(\\d+)\0", coded)
        value = node.parts[int(alone.group(1))] if alone else coded
        return Node(node.resource, node.path, value if alone or "\0" not in coded else None)

    @cached_property
    def endpoint(self) -> Endpoint | None:
        """The endpoint; None when another template has it."""
        if self._ids is None:
            return None
        resource = self.template.named(self._ids[0], ENDPOINT, "EndpointName")
        return Endpoint(resource) if resource else None

    @cached_property
    def variant(self) -> Variant | None:
        """The variant; None when it is not certain."""
        if self._ids is None or self.endpoint is None:
            return None
        matches = [each for each in self.endpoint.variants if each.name and each.name == self._ids[1].text]
        return matches[0] if len(matches) == 1 else None

    @property
    def policies(self) -> Sequence[Resource]:
        """The scaling policies of this template that act on it."""
        wanted = Reference(self.resource.logical_id)
        return [
            policy
            for policy in self.template.of_type(POLICY)
            if policy.properties.at("ScalingTargetId").value == wanted
            or (policy.properties.at("ResourceId").parts == self.at("ResourceId").parts)
        ]


def targets(endpoint: Endpoint) -> list[ScalableTarget]:
    """Return what this template registers of an endpoint's variants."""
    found = map(ScalableTarget, endpoint.template.of_type(TARGET))
    return [target for target in found if target.endpoint and target.endpoint.resource is endpoint.resource]
