"""SNS topics: one that a stack makes, and the one that hears of an endpoint's alarms."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.place import place_of
from stacks.settings.observability import Observability
from stacks.settings_common.made import MADE


def made_topic(
    scope: Construct, construct_id: str, *, key_arn: str | None, publisher: iam.PolicyStatement | None = None
) -> sns.CfnTopic:
    """Make a topic that takes nothing without TLS.

    Parameters
    ----------
    scope, construct_id
        As of every construct.
    key_arn
        Of the KMS key that encrypts it at rest; None for none.
    publisher
        Lets a service publish, without its resource; for the account's principals their own policies suffice.

    Notes
    -----
    Source: Amazon SNS Developer Guide, "Security best practices", *Enforce encryption of data in transit*.
    """
    topic = sns.CfnTopic(scope, construct_id, kms_master_key_id=key_arn)
    only_tls = iam.PolicyStatement(
        sid="OnlyByTls",
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=["sns:Publish"],
        resources=[topic.ref],
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )
    if publisher:
        publisher.add_resources(topic.ref)
    statements = [only_tls, *([publisher] if publisher else [])]
    sns.CfnTopicPolicy(
        scope,
        f"{construct_id}Policy",
        topics=[topic.ref],
        policy_document=iam.PolicyDocument(statements=statements),
    )
    return topic


def alarm_topic_arn(scope: Construct, observability: Observability, *, key_arn: str | None) -> str | None:
    """Return the ARN of the topic that hears of alarms, made in `scope` where the settings say so; None for none.

    Parameters
    ----------
    scope
        The endpoint's stack, whose alarms alone publish to a made topic.
    observability
        The settings.
    key_arn
        As of `made_topic`.

    Notes
    -----
    Source: Amazon CloudWatch User Guide, "Notifying users on alarm changes", *Amazon SNS topic permissions*.
    """
    if observability.alarm_topic != MADE:
        return observability.alarm_topic
    place = place_of(scope)
    alarms = place.arn("cloudwatch", "alarm:*")
    topic = made_topic(
        scope,
        "AlarmTopic",
        key_arn=key_arn,
        publisher=iam.PolicyStatement(
            sid="AlarmsPublish",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            conditions={
                "StringEquals": {"aws:SourceAccount": place.account},
                "ArnLike": {"aws:SourceArn": alarms},
            },
        ),
    )
    cdk.CfnOutput(scope, "AlarmTopicArn", value=topic.ref)
    return topic.ref
