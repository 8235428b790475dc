"""What an execution role of the same template may do."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from stacks.rules.template import Node, Resource
from stacks.rules.values import Reference

_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")
_LITERAL_HEAD = re.compile(r"(?:[^*?$]|\$(?!\{))*")  # up to a wildcard or a policy variable
_ARN_PARTS = 6


@dataclass(frozen=True)
class Acted:
    """What an action is done to, as far as a template says it.

    Partition, region and account of a policy's ARN are not compared: a template rarely has them literally.

    Parameters
    ----------
    service
        As ARNs have it, for example `s3`.
    name
        The last part of its ARN.
    goes_on
        Whether the name goes on with what only SageMaker knows.
    """

    service: str
    name: str
    goes_on: bool = False

    def may_be(self, pattern: Any) -> bool:
        """Whether an entry of a statement's `Resource` may name it."""
        if not isinstance(pattern, str):
            return True
        parts = pattern.split(":", _ARN_PARTS - 1)
        if len(parts) < _ARN_PARTS:
            return "*" in pattern
        if not fnmatchcase(self.service, parts[2]):
            return False
        found = _LITERAL_HEAD.match(parts[-1])
        head = found.group() if found else ""
        if head == parts[-1]:
            return head.startswith(self.name) if self.goes_on else head == self.name
        return self.name.startswith(head) or (self.goes_on and head.startswith(self.name))


class Role:
    """An execution role, with every policy of the template that is attached to it."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource

    def lacks(self, action: str, acted: Acted | None = None) -> bool:
        """Whether the role certainly may not do something.

        Parameters
        ----------
        action
            For example `s3:PutObject`.
        acted
            What it is done to; None asks for anything.

        Returns
        -------
        bool
            False, too, when a policy is not in this template or is not literal.
        """
        documents = self._documents()
        if documents is None:
            return False
        return not any(
            _may_allow(statement, action, acted) for document in documents for statement in _statements(document)
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


def _may_allow(statement: Mapping[str, Any], action: str, acted: Acted | None) -> bool:
    if statement.get("Effect") == "Deny":
        return False
    if not any(_may_match(pattern, action.lower()) for pattern in _list(statement.get("Action", "*"))):
        return False
    if acted is None or "NotResource" in statement:
        return True
    return any(acted.may_be(pattern) for pattern in _list(statement.get("Resource", "*")))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _may_match(pattern: Any, action: str) -> bool:
    if not isinstance(pattern, str):
        return True
    # IAM knows * and ? alone.
    return fnmatchcase(action, pattern.lower().replace("[", "[[]"))
