"""What an execution role of the same template may do."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from stacks.rules.template import Node, Resource
from stacks.rules.values import Reference

_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")


class Role:
    """An execution role, with every policy of the template that is attached to it."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource

    def lacks(self, action: str, resource: str | None = None) -> bool:
        """Whether the role certainly may not do something.

        Parameters
        ----------
        action
            For example `s3:PutObject`.
        resource
            ARN of what it is done to; None asks for any.

        Returns
        -------
        bool
            False, too, when a policy is not in this template or is not literal.
        """
        documents = self._documents()
        if documents is None:
            return False
        return not any(
            _may_allow(statement, action, resource)
            for document in documents
            for statement in _statements(document)
        )

    def _documents(self) -> list[Any] | None:
        """Collect the policy documents; None when there may be more."""
        inline, managed = self.resource.properties.at("Policies").items, self._managed()
        if inline is None or managed is None:
            return None
        documents = [policy.at("PolicyDocument") for policy in (*inline, *managed)]
        for policy in self.resource.template.of_type(*_POLICIES):
            attached = self._is_attached(policy)
            if attached is None:
                return None
            if attached:
                documents.append(policy.properties.at("PolicyDocument"))
        return documents if all(isinstance(document.value, Mapping) for document in documents) else None

    def _managed(self) -> list[Node] | None:
        """Find the managed policies that the role names; None when one is not in this template."""
        nodes = self.resource.properties.at("ManagedPolicyArns").items
        if nodes is None:
            return None
        found = [self.resource.template.named(node, "AWS::IAM::ManagedPolicy", "") for node in nodes]
        return None if None in found else [resource.properties for resource in found if resource]

    def _is_attached(self, policy: Resource) -> bool | None:
        """Whether a policy names this role; None when that is not certain."""
        if policy.type == "AWS::IAM::RolePolicy":
            return self._is_named(policy.properties.at("RoleName"))
        nodes = policy.properties.at("Roles").items
        if nodes is None:
            return None
        named = [self._is_named(node) for node in nodes]
        return True if True in named else None if None in named else False

    def _is_named(self, node: Node) -> bool | None:
        if isinstance(node.value, Reference):
            return node.value == Reference(self.resource.logical_id)
        name = self.resource.properties.at("RoleName")
        if node.text is None or (name.present and name.text is None):
            return None
        return node.text == name.text


def _statements(document: Node) -> Iterator[Mapping[str, Any]]:
    statements = document.at("Statement").value
    for statement in statements if isinstance(statements, list) else [statements]:
        # A statement that is not literal may allow anything.
        yield statement if isinstance(statement, Mapping) else {"Effect": "Allow", "Action": "*", "Resource": "*"}


def _may_allow(statement: Mapping[str, Any], action: str, resource: str | None) -> bool:
    if statement.get("Effect") == "Deny":
        return False
    if not any(_may_match(pattern, action.lower(), lower=True) for pattern in _list(statement.get("Action", "*"))):
        return False
    if resource is None or "NotResource" in statement:
        return True
    return any(_may_match(pattern, resource) for pattern in _list(statement.get("Resource", "*")))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _may_match(pattern: Any, text: str, *, lower: bool = False) -> bool:
    if not isinstance(pattern, str):
        return True
    # IAM knows * and ? alone.
    escaped = (pattern.lower() if lower else pattern).replace("[", "[[]")
    return fnmatchcase(text, escaped)
