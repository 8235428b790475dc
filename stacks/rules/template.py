"""A synthesized template as the rules read it: resources, and the values in them with their places."""

from collections.abc import Iterator, Mapping
from typing import Any

from stacks.rules.values import ABSENT, Reference, Resolver, Text, Unknown


class Node:
    """A value in a resource's properties, and where it stands.

    Parameters
    ----------
    resource
        Whose properties these are.
    path
        From the resource on, as `Properties.ProductionVariants.0`.
    value
        As `Resolver.resolve` returns it.
    """

    def __init__(self, resource: "Resource", path: str, value: Any) -> None:
        self.resource = resource
        self.path = path
        self.value = value

    def at(self, *keys: str) -> "Node":
        """Follow keys; what lies below something unknown is unknown."""
        value, path = self.value, self.path
        for key in keys:
            path = f"{path}.{key}"
            if isinstance(value, Mapping):
                value = value.get(key, ABSENT)
            elif value is not ABSENT:
                value = Unknown(perhaps_absent=True)
        return Node(self.resource, path, value)

    @property
    def absent(self) -> bool:
        """Whether there is certainly no such property."""
        return self.value is ABSENT

    @property
    def present(self) -> bool:
        """Whether there certainly is such a property, whatever its value."""
        return not (self.absent or (isinstance(self.value, Unknown) and self.value.perhaps_absent))

    @property
    def text(self) -> str | None:
        """The text; None when it is not literal."""
        return self.value if isinstance(self.value, str) else None

    @property
    def number(self) -> float | None:
        """The number, which CloudFormation takes as text, too; None when it is not literal."""
        if isinstance(self.value, bool):
            return None
        if isinstance(self.value, str):
            try:
                number = float(self.value)
            except ValueError:
                return None
        elif isinstance(self.value, (int, float)):
            number = self.value
        else:
            return None
        return int(number) if number == number // 1 else number

    @property
    def flag(self) -> bool | None:
        """The boolean, which CloudFormation takes as text, too; None when it is not literal."""
        if isinstance(self.value, bool):
            return self.value
        return {"true": True, "false": False}.get(self.value.lower()) if isinstance(self.value, str) else None

    @property
    def items(self) -> "list[Node] | None":
        """The members of a list, none of an absent one; None when not every member certainly is one."""
        if self.absent:
            return []
        if not isinstance(self.value, list):
            return None
        members = [Node(self.resource, f"{self.path}.{index}", member) for index, member in enumerate(self.value)]
        return members if all(member.present for member in members) else None

    @property
    def members(self) -> "dict[str, Node] | None":
        """The values of a dictionary by key, none of an absent one; None when it is not literal."""
        if self.absent:
            return {}
        if not isinstance(self.value, Mapping):
            return None
        return {str(key): self.at(str(key)) for key in self.value}

    @property
    def parts(self) -> "tuple[str | Unknown | Reference, ...]":
        """The parts of a text, literal or not."""
        if isinstance(self.value, Text):
            return self.value.parts
        return (self.value,) if isinstance(self.value, (str, Reference)) else (Unknown(),)


class Resource:
    """A resource of a template."""

    def __init__(self, template: "Template", logical_id: str, resource_type: str, properties: Any) -> None:
        self.template = template
        self.logical_id = logical_id
        self.type = resource_type
        self.properties = Node(self, "Properties", properties)


class Template:
    """A synthesized template.

    Parameters
    ----------
    path
        Of its file.
    document
        Its content.
    region, account
        Of its stack; None where it may be deployed anywhere.
    """

    def __init__(
        self, path: str, document: Mapping[str, Any], *, region: str | None = None, account: str | None = None
    ) -> None:
        self.path = path
        self.region = region
        resolver = Resolver(document, region=region, account=account)
        resources = document.get("Resources")
        self._resources = {
            logical_id: Resource(
                self, logical_id, resource["Type"], resolver.resolve(resource.get("Properties", {}))
            )
            for logical_id, resource in (resources.items() if isinstance(resources, Mapping) else ())
            if isinstance(resource, Mapping) and str(resource.get("Type", "")).startswith(_TYPES)
        }

    def of_type(self, *resource_types: str) -> Iterator[Resource]:
        """Yield the resources of the types."""
        return (resource for resource in self._resources.values() if resource.type in resource_types)

    def named(self, name: Node, resource_type: str, property_name: str) -> Resource | None:
        """Return the resource that a property names, by reference or by its literal name; None if not certain.

        Parameters
        ----------
        name
            The property that names it.
        resource_type
            Of the resource.
        property_name
            The property that gives the resource its own name.
        """
        if isinstance(name.value, Reference):
            found = self._resources.get(name.value.logical_id)
            return found if found is not None and found.type == resource_type else None
        if name.text is None:
            return None
        matches = [
            resource
            for resource in self.of_type(resource_type)
            if resource.properties.at(property_name).text == name.text
        ]
        return matches[0] if len(matches) == 1 else None


# What the rules read; nothing else is resolved, however large the template.
_TYPES = ("AWS::SageMaker::", "AWS::ApplicationAutoScaling::", "AWS::IAM::")
