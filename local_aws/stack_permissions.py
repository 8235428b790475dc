"""What CloudFormation needs for a resource, in strict mode: which actions, on which resource.

The actions are those of the CloudFormation registry's schemas (``handlers.create.permissions`` and so on) that the
resource's properties call for: the schemas list what any resource of the type could need. Resources: Service
Authorization Reference. The types are those of Slipway's stacks; nothing is asked for another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from local_aws import ministack_seam as seam
from local_aws.authorization import Permission, autoscaling_permissions, sagemaker_permissions
from local_aws.stack_resource_rules import RULES, ResourceRules

Properties = Mapping[str, Any]
_LONGEST_NAME = 63  # of SageMaker's resources
_HOLDERS = {"Roles": ("role", "Role"), "Users": ("user", "User"), "Groups": ("group", "Group")}


def permissions(change: seam.Change) -> Iterator[Permission]:
    """Return what a change of a resource needs; nothing for one that changes nothing."""
    change = replace(change, old=_without_system_tags(change.old), new=_without_system_tags(change.new))
    if change.old == change.new:
        return
    service, _, title = change.resource_type.removeprefix("AWS::").partition("::")
    if special := _SPECIAL.get(change.resource_type) or _SPECIAL.get(service):
        yield from special(change, title)
    elif rules := RULES.get(change.resource_type):
        resource = _arn(rules, change)
        for action in _actions(rules, change):
            yield Permission(action, resource)
    if change.resource_type == "AWS::Lambda::Function":
        yield from _of_a_functions_parts(change)


def _without_system_tags(properties: Properties | None) -> Properties | None:
    """Return properties without the tags that CloudFormation gives on its own account."""
    if properties is None or "Tags" not in properties:
        return properties
    tags = properties["Tags"]
    if isinstance(tags, dict):  # as AWS::SSM::Parameter has them
        own: Any = {key: value for key, value in tags.items() if not key.startswith("aws:")}
    else:
        own = [tag for tag in tags if not tag["Key"].startswith("aws:")]
    others = {name: value for name, value in properties.items() if name != "Tags"}
    return {**others, "Tags": own} if own else others


def _actions(rules: ResourceRules, change: seam.Change) -> list[str]:
    """Return the actions that a change of a resource with rules takes, each once."""
    old, new = change.old or {}, change.new or {}
    if change.new is None:
        actions = [*(rules.removals[name] for name in old if name in rules.removals), *rules.delete]
    elif change.old is None:
        actions = [*rules.create, *(rules.settings[name] for name in new if name in rules.settings)]
    else:
        actions = []
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                of_removal = rules.removals.get(name) if name not in new else None
                actions.append(of_removal or rules.changes.get(name) or rules.settings.get(name) or rules.update)
    return list(dict.fromkeys(actions))


def _arn(rules: ResourceRules, change: seam.Change) -> str:
    if change.physical_id and change.physical_id.startswith("arn:"):
        return change.physical_id
    properties = change.new or change.old or {}
    name = properties.get(rules.name) or change.physical_id or _generated_name(change, rules.longest_name)
    if rules.arn.endswith("/{name}"):
        name = name.removeprefix("/")
    return rules.arn.format(
        account=seam.account(),
        name=name.lower() if rules.lower_case else name,
        path=properties.get("Path") or "/",
        region=seam.region(),
    )


def _generated_name(change: seam.Change, longest: int) -> str:
    return seam.generated_name(change.stack_name, change.logical_id, longest)


def _of_sagemaker(change: seam.Change, title: str) -> Iterator[Permission]:
    old, new = dict(change.old or {}), dict(change.new or {})
    own = f"{title}Name"
    name = (change.physical_id or "").rpartition("/")[2] or new.get(own) or _generated_name(change, _LONGEST_NAME)
    if change.old is None:
        yield from sagemaker_permissions(f"Create{title}", {**new, own: name})
    elif change.new is None:
        yield from sagemaker_permissions(f"Delete{title}", {own: name})
    else:
        if any(old.get(key) != new.get(key) for key in (old.keys() | new.keys()) - {"Tags"}):
            yield from sagemaker_permissions(f"Update{title}", {**new, own: name})
        if old.get("Tags") != new.get("Tags"):
            yield from _retagging(change)
    if title == "Endpoint":
        yield from sagemaker_permissions("DescribeEndpoint", {own: name})


def _retagging(change: seam.Change) -> Iterator[Permission]:
    keys = [{tag["Key"] for tag in (side or {}).get("Tags") or []} for side in (change.old, change.new)]
    if keys[0] - keys[1]:
        yield from sagemaker_permissions("DeleteTags", {"ResourceArn": change.physical_id})
    if keys[1]:
        yield from sagemaker_permissions("AddTags", {"ResourceArn": change.physical_id})


def _of_autoscaling(change: seam.Change, title: str) -> Iterator[Permission]:
    operations = {
        "ScalableTarget": ("RegisterScalableTarget", "DeregisterScalableTarget"),
        "ScalingPolicy": ("PutScalingPolicy", "DeleteScalingPolicy"),
    }
    if title in operations:
        operation = operations[title][change.new is None]
        yield from autoscaling_permissions(operation, change.new or change.old or {})


def _of_an_inline_policy(change: seam.Change, _title: str) -> Iterator[Permission]:
    """Return what AWS::IAM::Policy needs, which is put on its roles, users and groups one by one."""
    for members, (kind, title) in _HOLDERS.items():
        before, after = ((side or {}).get(members) or [] for side in (change.old, change.new))
        for name in after:
            yield Permission(f"iam:Put{title}Policy", f"arn:aws:iam::{seam.account()}:{kind}/{name}")
        for name in before:
            if name not in after:
                yield Permission(f"iam:Delete{title}Policy", f"arn:aws:iam::{seam.account()}:{kind}/{name}")


def _of_an_oidc_provider(change: seam.Change, _title: str) -> Iterator[Permission]:
    """Return what AWS::IAM::OIDCProvider needs, whose ARN ends with its URL."""
    old, new = change.old or {}, change.new or {}
    host = str(new.get("Url") or old.get("Url")).removeprefix("https://")
    arn = f"arn:aws:iam::{seam.account()}:oidc-provider/{host}"
    if change.new is None:
        yield Permission("iam:DeleteOpenIDConnectProvider", arn)
        return
    if change.old is None:
        yield Permission("iam:CreateOpenIDConnectProvider", arn)
    for name, action in _PROVIDER_CHANGES.items():
        if old.get(name) != new.get(name) and (change.old is not None or name == "Tags"):
            yield Permission(f"iam:{action}", arn)


def _of_a_key(change: seam.Change, _title: str) -> Iterator[Permission]:
    """Return what AWS::KMS::Key needs; CreateKey names no resource, and a key has no id before it."""
    old, new = change.old or {}, change.new or {}
    key = f"arn:aws:kms:{seam.region()}:{seam.account()}:key/{change.physical_id or '*'}"
    if change.new is None:
        yield Permission("kms:DescribeKey", key)
        yield Permission("kms:ScheduleKeyDeletion", key)
        return
    if change.old is None:
        yield Permission("kms:CreateKey", "*")
    for name, (action, of_removal) in _KEY_CHANGES.items():
        # A new key has its policy and its description from CreateKey.
        if old.get(name) != new.get(name) and (change.old is not None or name in {"EnableKeyRotation", "Tags"}):
            yield Permission(action if new.get(name) else of_removal, key)


def _of_a_topic_policy(change: seam.Change, _title: str) -> Iterator[Permission]:
    """Return what AWS::SNS::TopicPolicy needs, which is an attribute of each of its topics."""
    old, new = ((side or {}).get("Topics") or [] for side in (change.old, change.new))
    for topic in [*new, *(topic for topic in old if topic not in new)]:
        yield Permission("sns:SetTopicAttributes", topic)


def _of_a_functions_parts(change: seam.Change) -> Iterator[Permission]:
    """Return what a function's role and code need: to be passed, and to be read."""
    old, new = change.old or {}, change.new or {}
    if new.get("Role") and new["Role"] != old.get("Role"):
        yield Permission("iam:PassRole", new["Role"], {"iam:PassedToService": "lambda.amazonaws.com"})
    code = new.get("Code") or {}
    if code != old.get("Code") and "S3Bucket" in code:
        yield Permission("s3:GetObject", f"arn:aws:s3:::{code['S3Bucket']}/{code['S3Key']}")


def _of_a_custom_resource(change: seam.Change, _title: str) -> Iterator[Permission]:
    provider = str((change.new or change.old or {}).get("ServiceToken", ""))
    yield Permission("lambda:InvokeFunction" if ":lambda:" in provider else "sns:Publish", provider)


_KEY_CHANGES = {
    "Description": ("kms:UpdateKeyDescription", "kms:UpdateKeyDescription"),
    "EnableKeyRotation": ("kms:EnableKeyRotation", "kms:DisableKeyRotation"),
    "KeyPolicy": ("kms:PutKeyPolicy", "kms:PutKeyPolicy"),
    "Tags": ("kms:TagResource", "kms:UntagResource"),
}  # when it is set, when it is taken away
_PROVIDER_CHANGES = {
    "ClientIdList": "AddClientIDToOpenIDConnectProvider",
    "Tags": "TagOpenIDConnectProvider",
    "ThumbprintList": "UpdateOpenIDConnectProviderThumbprint",
}
_SPECIAL: dict[str, Callable[[seam.Change, str], Iterator[Permission]]] = {
    "ApplicationAutoScaling": _of_autoscaling,
    "AWS::CloudFormation::CustomResource": _of_a_custom_resource,
    "AWS::IAM::OIDCProvider": _of_an_oidc_provider,
    "AWS::IAM::Policy": _of_an_inline_policy,
    "AWS::KMS::Key": _of_a_key,
    "AWS::SNS::TopicPolicy": _of_a_topic_policy,
    "Custom": _of_a_custom_resource,
    "SageMaker": _of_sagemaker,
}
