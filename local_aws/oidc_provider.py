"""CloudFormation's AWS::IAM::OIDCProvider, which ministack has in IAM's own API alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_aws import ministack_seam as seam
from local_aws.self_client import Clients

Properties = Mapping[str, Any]


def register(clients: Clients) -> None:
    """Make the type known to CloudFormation."""

    def create(_logical_id: str, properties: Properties, _stack_name: str) -> tuple[str, dict[str, Any]]:
        arn = clients.client("iam").create_open_id_connect_provider(**_request(properties))
        return arn["OpenIDConnectProviderArn"], {"Arn": arn["OpenIDConnectProviderArn"]}

    def update(arn: str, old: Properties, new: Properties) -> tuple[str, dict[str, Any]]:
        # ministack changes none. Its ARN is made of the URL, so that a new one is the same to everyone.
        if _request(old) != _request(new):
            delete(arn, old)
            return create("", new, "")
        return arn, {"Arn": arn}

    def delete(arn: str, _properties: Properties) -> None:
        iam = clients.client("iam")
        there = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
        if arn in {each["Arn"] for each in there}:
            iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)

    seam.register_resource_type(
        seam.ResourceType("AWS::IAM::OIDCProvider", create, update, delete, replacing=("Url",))
    )


def _request(properties: Properties) -> dict[str, Any]:
    """Return the request of IAM's CreateOpenIDConnectProvider."""
    members = {"Url": "Url", "ClientIdList": "ClientIDList", "ThumbprintList": "ThumbprintList", "Tags": "Tags"}
    return {member: properties[name] for name, member in members.items() if properties.get(name)}
