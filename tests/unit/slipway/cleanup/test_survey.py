"""What a survey calls left over, kept and held, and what it says of what it may not see."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from slipway.cleanup.removal import remove_all
from slipway.cleanup.survey import Survey
from slipway.cleanup.surveyor import Surveyor

from .conftest import ACCOUNT, REGION, MemoryAws, denied, endpoint_arn, settings_of

ARTIFACTS = ("Slipway-local-artifacts", "CREATE_COMPLETE", "Slipway: the model artifacts of slipway-local")
SCORES = ("Slipway-local-scores", "UPDATE_COMPLETE", "Slipway: the endpoint scores of slipway-local")
BUCKET = f"slipway-local-artifacts-{ACCOUNT}-{REGION}"
ENDPOINT = "slipway-local-scores-serverless"


def look(aws: MemoryAws, *endpoints: str, **changes: Any) -> Survey:
    return Surveyor(aws, settings_of(*endpoints, **changes), pause=lambda _: None).survey()


def left(survey: Survey) -> list[tuple[str, str]]:
    return [(finding.resource.kind, finding.resource.name) for finding in survey.left_over]


def test_what_a_deployed_stack_has_is_not_left_over_and_what_it_lost_is(aws: MemoryAws) -> None:
    aws.stacks(ARTIFACTS, SCORES, resources={SCORES[0]: [endpoint_arn(ENDPOINT)]})
    aws.endpoints(ENDPOINT, "slipway-local-scores-real-time", "somebodys")
    survey = look(aws, "scores")
    assert left(survey) == [("endpoint", "slipway-local-scores-real-time")]
    assert survey.deployed == {ARTIFACTS[0]: "CREATE_COMPLETE", SCORES[0]: "UPDATE_COMPLETE"}


def test_without_stacks_everything_is_left_over(aws: MemoryAws) -> None:
    aws.endpoints(ENDPOINT)
    assert left(look(aws, "scores")) == [("endpoint", ENDPOINT)]


def test_an_endpoint_that_left_the_file_is_left_over_with_its_stack_and_its_objects(aws: MemoryAws) -> None:
    old = ("Slipway-local-old", "CREATE_COMPLETE", "Slipway: the endpoint old of slipway-local")
    aws.stacks(ARTIFACTS, SCORES, old, resources={old[0]: [endpoint_arn("slipway-local-old-serverless")]})
    aws.endpoints("slipway-local-old-serverless")
    aws.answers["list_object_versions"] = lambda Bucket, Prefix: {  # noqa: N803
        "Versions": [{"Key": f"{Prefix}a", "VersionId": "1", "Size": 5}] if Prefix == "models/old/" else []
    }
    survey = look(aws, "scores")
    assert left(survey) == [("stack", old[0]), ("objects", f"s3://{BUCKET}/models/old/")]
    assert survey.left_over[0].resource.says == "CREATE_COMPLETE, 1 resource"


def test_a_stack_of_another_environment_with_the_same_name_is_not_touched(aws: MemoryAws) -> None:
    aws.stacks(("Slipway-local-b-c", "CREATE_COMPLETE", "Slipway: the endpoint c of slipway-local-b"))
    assert left(look(aws, "scores", "b-c")) == []


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "DELETE_FAILED", "REVIEW_IN_PROGRESS", "CREATE_FAILED"])
def test_a_stack_that_runs_nothing_is_left_over(aws: MemoryAws, status: str) -> None:
    aws.stacks((SCORES[0], status, "" if status == "REVIEW_IN_PROGRESS" else SCORES[2]))
    survey = look(aws, "scores")
    assert left(survey) == [("stack", SCORES[0])]
    assert status in survey.left_over[0].reason
    assert survey.deployed == {}


def test_a_stack_without_a_description_is_ours_only_where_no_change_set_was_carried_out(aws: MemoryAws) -> None:
    aws.stacks((f"{SCORES[0]}", "CREATE_COMPLETE", ""))
    survey = look(aws, "scores")
    assert (survey.findings, survey.deployed) == ((), {})
    aws.stacks((SCORES[0], "REVIEW_IN_PROGRESS", ""))
    assert left(look(aws, "scores")) == [("stack", SCORES[0])]


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("UPDATE_FAILED", f"slipway local run -- cdk rollback {SCORES[0]} -c env=local"),
        ("UPDATE_ROLLBACK_FAILED", f"slipway local run -- cdk rollback {SCORES[0]} -c env=local"),
        (
            "IMPORT_ROLLBACK_FAILED",
            (
                f"slipway local run -- aws cloudformation describe-stack-events --stack-name {SCORES[0]} "
                f"--region {REGION}"
            ),
        ),
    ],
)
def test_a_stack_that_is_stuck_is_left_over_and_what_it_runs_is_not(
    aws: MemoryAws, status: str, command: str
) -> None:
    aws.stacks((SCORES[0], status, SCORES[2]), resources={SCORES[0]: [endpoint_arn(ENDPOINT)]})
    aws.endpoints(ENDPOINT)
    survey = look(aws, "scores")
    assert left(survey) == [("stack", SCORES[0])]
    [finding] = survey.left_over
    assert status in finding.reason
    assert finding.commands[0] == command
    assert not finding.is_removable
    assert survey.deployed == {SCORES[0]: status}


def test_a_stack_that_is_stuck_is_removed_once_the_app_no_longer_defines_it(aws: MemoryAws) -> None:
    aws.stacks(("Slipway-local-old", "UPDATE_ROLLBACK_FAILED", "Slipway: the endpoint old of slipway-local"))
    [finding] = look(aws, "scores").left_over
    assert finding.is_removable


def test_what_a_deleted_stack_tells_is_known_for_its_name_alone(aws: MemoryAws) -> None:
    aws.stacks(("Slipway-local-old", "DELETE_COMPLETE", "Slipway: the endpoint old of slipway-local"))
    aws.answers["describe_log_groups"] = lambda logGroupNamePrefix: {  # noqa: N803
        "logGroups": [
            {"logGroupName": f"/aws/sagemaker/Endpoints/slipway-local-{name}-serverless", "arn": name}
            for name in ("old", "unknown")
            if logGroupNamePrefix.startswith("/aws/sagemaker")
        ]
    }
    assert left(look(aws, "scores")) == [("log group", "/aws/sagemaker/Endpoints/slipway-local-old-serverless")]


def test_a_retaining_environment_keeps_what_holds_its_models(aws: MemoryAws) -> None:
    aws.answers["list_buckets"] = {"Buckets": [{"Name": BUCKET}]}
    repository = {"repositoryName": "slipway-local", "repositoryArn": "arn:repository"}
    aws.answers["describe_repositories"] = {"repositories": [repository]}
    survey = look(aws, "scores", removal="retain")
    assert survey.is_clean
    assert [finding.resource.name for finding in survey.findings] == ["slipway-local", BUCKET]
    assert not any(finding.is_removable for finding in survey.findings)
    assert not look(aws, "scores").is_clean


def test_the_bucket_of_deployed_endpoints_is_held_back(aws: MemoryAws) -> None:
    aws.stacks((ARTIFACTS[0], "DELETE_FAILED", ARTIFACTS[2]), SCORES)
    aws.answers["list_buckets"] = {"Buckets": [{"Name": BUCKET}]}
    survey = look(aws, "scores")
    assert left(survey) == [("stack", ARTIFACTS[0]), ("bucket", BUCKET)]
    assert all(f"{SCORES[0]} may still need it" in (finding.note or "") for finding in survey.left_over)
    assert not any(finding.is_removable for finding in survey.left_over)


def test_what_may_not_be_looked_at_is_said_and_the_rest_is_found(aws: MemoryAws) -> None:
    aws.endpoints(ENDPOINT)
    for operation in ("list_keys", "describe_parameters"):
        aws.answers[operation] = denied(operation)
    survey = look(aws, "scores")
    assert left(survey) == [("endpoint", ENDPOINT)]
    assert [unseen.what for unseen in survey.unseen] == ["KMS keys", "SSM parameters"]
    aws.endpoints()
    assert not look(aws, "scores").is_clean


def keys(aws: MemoryAws, refusal: str, tags: list[dict[str, str]] | None = None) -> None:
    """Have the environment's key, and one that refuses DescribeKey, and its tags unless they are given."""
    refused = ClientError({"Error": {"Code": "AccessDeniedException", "Message": refusal}}, "DescribeKey")

    def describe(KeyId: str) -> dict[str, Any]:  # noqa: N803
        if KeyId == "foreign":
            raise refused
        text = "Encrypts the artifact bucket of slipway-local"
        told = {"KeyId": KeyId, "Arn": KeyId, "KeyManager": "CUSTOMER", "KeyState": "Enabled", "Description": text}
        return {"KeyMetadata": told}

    def tags_of(KeyId: str) -> dict[str, Any]:  # noqa: N803
        if KeyId == "foreign" and tags is None:
            raise refused
        return {"Tags": tags if tags and KeyId == "foreign" else []}

    listed = [{"KeyId": one, "KeyArn": f"arn:{one}"} for one in ("foreign", "own")]
    aws.answers |= {"list_keys": {"Keys": listed}, "describe_key": describe, "list_resource_tags": tags_of}


BY_ITS_POLICY = "not authorized ... because no resource-based policy allows the kms:DescribeKey action"


def test_a_key_whose_policy_refuses_to_be_described_is_told_and_the_other_keys_are_judged(aws: MemoryAws) -> None:
    keys(aws, BY_ITS_POLICY)
    survey = look(aws, "scores")
    assert left(survey) == [("key", "own")]
    assert survey.unseen == ()
    assert [resource.name for resource in survey.closed] == ["foreign"]


def test_a_key_that_refuses_to_be_described_is_ours_where_its_tags_say_so(aws: MemoryAws) -> None:
    keys(aws, BY_ITS_POLICY, [{"TagKey": "aws:cloudformation:stack-name", "TagValue": SCORES[0]}])
    survey = look(aws, "scores")
    assert left(survey) == [("key", "foreign"), ("key", "own")]
    assert survey.closed == ()


def test_credentials_that_may_describe_no_key_have_not_looked_at_the_keys(aws: MemoryAws) -> None:
    keys(aws, "not authorized ... because no identity-based policy allows the kms:DescribeKey action")
    survey = look(aws, "scores")
    assert [unseen.what for unseen in survey.unseen] == ["KMS keys"]
    assert survey.closed == ()


def test_tags_that_may_not_be_read_leave_everything_of_their_kind_alone(aws: MemoryAws) -> None:
    aws.endpoints(ENDPOINT)
    aws.answers["list_tags"] = denied("list_tags")
    survey = look(aws, "scores")
    assert left(survey) == []
    assert [unseen.what for unseen in survey.unseen] == ["endpoints"]


def test_an_operation_that_goes_on_is_waited_for(aws: MemoryAws) -> None:
    aws.stacks((SCORES[0], "DELETE_IN_PROGRESS", SCORES[2]))
    said: list[str] = []
    surveyor = Surveyor(aws, settings_of("scores"), say=said.append, pause=lambda _: aws.stacks())
    assert surveyor.survey().is_clean
    assert said == [f"waiting for {SCORES[0]} (DELETE_IN_PROGRESS)"]


def test_what_somebody_deploys_while_it_looks_is_not_left_over(aws: MemoryAws) -> None:
    aws.endpoints(ENDPOINT)

    def deployed_meanwhile(**_: Any) -> dict[str, Any]:
        aws.stacks(SCORES, resources={SCORES[0]: [endpoint_arn(ENDPOINT)]})
        return {}

    aws.answers["list_keys"] = deployed_meanwhile
    assert look(aws, "scores").is_clean


def test_what_somebody_removes_while_it_looks_is_not_left_over(aws: MemoryAws) -> None:
    aws.endpoints(ENDPOINT)
    gone = {"Code": "ValidationException", "Message": f"Could not find endpoint {ENDPOINT}"}
    aws.answers["list_tags"] = ClientError({"Error": gone}, "ListTags")
    assert look(aws, "scores").is_clean


def test_a_training_job_that_runs_without_its_stack_is_left_over(aws: MemoryAws) -> None:
    names = ("slipway-local-m-20260101-000000", "slipway-local-m-20260102-000000", "slipway-local-x")
    statuses = dict(zip(names, ("InProgress", "Completed", "InProgress"), strict=True))
    aws.answers["list_training_jobs"] = {
        "TrainingJobSummaries": [
            {"TrainingJobName": name, "TrainingJobArn": name, "TrainingJobStatus": status}
            for name, status in statuses.items()
        ]
    }
    aws.answers["describe_training_job"] = lambda TrainingJobName: {  # noqa: N803
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/training/m/jobs"},
        "TrainingJobStatus": statuses[TrainingJobName],
    }
    aws.answers["describe_log_streams"] = {"logStreams": [{"logStreamName": "one"}]}
    survey = look(aws, "scores")
    assert left(survey) == [("training job", names[0]), ("training logs", names[1])]

    def stop(TrainingJobName: str) -> dict[str, Any]:  # noqa: N803
        statuses[TrainingJobName] = "Stopped"
        return {}

    aws.answers["stop_training_job"] = stop
    remove_all(Surveyor(aws, settings_of("scores"), pause=lambda _: None), survey)
    assert {"TrainingJobName": names[0]} in aws.called("stop_training_job")
    assert aws.called("delete_log_stream")


def test_what_aws_refuses_to_remove_is_told(aws: MemoryAws) -> None:
    aws.answers["list_dashboards"] = {
        "DashboardEntries": [{"DashboardName": "slipway-local-scores", "DashboardArn": "arn:d"}]
    }
    aws.answers["delete_dashboards"] = denied("delete_dashboards")
    surveyor = Surveyor(aws, settings_of("scores"), pause=lambda _: None)
    removal = remove_all(surveyor, surveyor.survey())
    assert left(removal.survey) == [("dashboard", "slipway-local-scores")]
    assert ["AccessDeniedException" in failure.reason for failure in removal.failures] == [True]
    assert removal.removed == ()
    assert len(aws.called("delete_dashboards")) == 1
