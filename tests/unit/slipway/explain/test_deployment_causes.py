"""`slipway explain` on deployments that failed, in the words that AWS uses."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import GROUP, STACK, STACK_ID, RecordedAws, Refusal
from .failed_deployments import PING, ROLE, Slipway, explained, first, wrapped

URL = "s3://models/linear/model.tar.gz"
NO_ACCESS = (
    f'Could not access model data at {URL}. Please ensure that the role "{ROLE}" exists and that its trust '
    'relationship policy allows the action "sts:AssumeRole" for the service principal "sagemaker.amazonaws.com". '
    'Also ensure that the role has "s3:GetObject" permissions and that the object is located in us-east-1.'
)


def failed(recorded: RecordedAws, reason: str, *, logical_id: str = "ServerlessEndpoint") -> None:
    """Let the first deployment have failed, been rolled back, and its log group gone with it."""
    recorded.endpoint(None)
    recorded.answers["GetParameter"] = Refusal("ParameterNotFound")
    recorded.operation("ROLLBACK_IN_PROGRESS", (logical_id, reason), then=("ROLLBACK_COMPLETE",))
    recorded.resources()
    recorded.no_log_group()


@pytest.mark.parametrize(
    ("reason", "cause", "says"),
    [
        pytest.param(
            "The account-level service limit 'ml.g5.xlarge for endpoint usage' is 0 Instances, with current "
            "utilization of 0 Instances and a request delta of 1 Instances. Please contact AWS support to request "
            "an increase for this limit. (Service: AmazonSageMaker; Status Code: 400; Error Code: "
            "ResourceLimitExceeded)",
            "quota-exceeded",
            "'ml.g5.xlarge for endpoint usage' of this account and region is 0 Instances",
            id="quota",
        ),
        pytest.param(
            "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. Please "
            "retry using a different ML instance type or after some time.",
            "no-capacity",
            "AWS has no free",
            id="capacity",
        ),
        pytest.param(
            "Requested image 000000000000.dkr.ecr.us-east-1.amazonaws.com/own:1 not found.",
            "image-missing",
            "no image 000000000000.dkr.ecr.us-east-1.amazonaws.com/own:1",
            id="image",
        ),
        pytest.param(
            "Please make sure all images included in the model for the production variant AllTraffic exist, and "
            "that the execution role used to create the model has permissions to access them.",
            "image-missing",
            "SageMaker finds no image of the model",
            id="image or permission",
        ),
        pytest.param(
            "Image size 13063418380 is greater than supported size 10737418240",
            "image-unfit",
            "larger than serverless hosting takes",
            id="image size",
        ),
        pytest.param(
            f"The role '{ROLE}' does not have BatchGetImage permission for the image: "
            "'763104351884.dkr.ecr.us-east-1.amazonaws.com/ray:serve-ml-sagemaker-cpu-v1.4'.",
            "access-denied",
            f"{ROLE} may not do ecr:BatchGetImage on 763104351884.dkr.ecr",
            id="pull",
        ),
        pytest.param(
            "User: arn:aws:sts::000000000000:assumed-role/cdk-hnb659fds-cfn-exec-role-000000000000-us-east-1/"
            "AWSCloudFormation is not authorized to perform: sagemaker:CreateModel on resource: "
            "arn:aws:sagemaker:us-east-1:000000000000:model/linear because no identity-based policy allows the "
            "sagemaker:CreateModel action",
            "access-denied",
            "may not do sagemaker:CreateModel on arn:aws:sagemaker:us-east-1:000000000000:model/linear",
            id="deploying role",
        ),
        pytest.param(
            f"Could not assume role {ROLE}. Please ensure that the role exists and allows principal "
            "'sagemaker.amazonaws.com' to assume the role.",
            "access-denied",
            f"may not do sts:AssumeRole on {ROLE}",
            id="trust",
        ),
        pytest.param(
            f'Failed to extract model data archive from URL "{URL}". Please ensure that the object located at the '
            "URL is a valid tar.gz archive.",
            "model-archive-broken",
            f"could not unpack {URL}: it is no whole tar.gz archive",
            id="archive",
        ),
        pytest.param(
            f'Failed to extract model data archive from URL "{URL}". The model data archive is too large. Please '
            "reduce the size of the model data archive or move to an instance type with more memory.",
            "model-archive-broken",
            "too large for the disk",
            id="large archive",
        ),
        pytest.param(
            f"Resource of type 'AWS::Logs::LogGroup' with identifier "
            f'\'{{"/properties/LogGroupName":"{GROUP}"}}\' already exists.',
            "name-taken",
            "of the same name is there already",
            id="log group",
        ),
        pytest.param(
            "A wording that nobody has seen before.",
            "as-aws-says",
            "ROLLBACK_COMPLETE. AWS says: Resource handler returned message",
            id="unknown",
        ),
    ],
)
def test_the_words_of_aws_are_a_cause_with_a_mend(
    slipway: Slipway, recorded: RecordedAws, reason: str, cause: str, says: str
) -> None:
    failed(recorded, wrapped(reason))
    recorded.answers["HeadObject"] = {}
    finding = first(slipway)
    assert finding["cause"] == cause
    assert says in finding["summary"]
    assert finding["mend"]
    assert finding["evidence"] == [{"source": "CloudFormation, ServerlessEndpoint", "text": wrapped(reason)}]


@pytest.mark.parametrize(
    ("answer", "cause", "says"),
    [
        ({}, "model-data-not-readable", f"{URL}, which is there, as {ROLE}"),
        (Refusal("404", "Not Found"), "model-data-missing", f"there is no {URL}"),
        (Refusal("403", "Forbidden"), "model-data-not-readable", f"may not read {URL} as {ROLE}"),
    ],
    ids=["there", "gone", "not told"],
)
def test_model_data_are_looked_for_in_s3(
    slipway: Slipway, recorded: RecordedAws, answer: Any, cause: str, says: str
) -> None:
    failed(recorded, wrapped(NO_ACCESS), logical_id="Model")
    recorded.answers["HeadObject"] = answer
    finding = first(slipway)
    assert (finding["cause"], says in finding["summary"]) == (cause, True), finding
    assert ("HeadObject", {"Bucket": "models", "Key": "linear/model.tar.gz"}) in recorded.requests


FROM_URL = (
    f'Failed to download model data from URL "{URL}". Please ensure that there is an object located at the URL '
    "and that the role passed to CreateModel has permissions to download the object."
)
FOR_CONTAINER = FROM_URL.replace('from URL "', 'for container "container_1" from URL: "')
FORBIDDEN = (
    f"Failed to download model data from {URL}: An error occurred (403) when calling the HeadObject operation: "
    "Forbidden"
)
NOT_AUTHORIZED = (
    f"Failed to download model data from {URL}: User: {ROLE} is not authorized to perform: s3:GetObject on "
    'resource: "arn:aws:s3:::models/linear/model.tar.gz" because no identity-based policy allows it'
)
NO_ROLE = f"{URL}, which is there, as the execution role"


@pytest.mark.parametrize(
    ("said", "answer", "told"),
    [
        (FROM_URL, {}, ("model-data-not-readable", NO_ROLE)),
        (FOR_CONTAINER, {}, ("model-data-not-readable", NO_ROLE)),
        (FORBIDDEN, {}, ("model-data-not-readable", NO_ROLE)),
        (FROM_URL, Refusal("403", "Forbidden"), ("model-data-not-readable", "is not there, or")),
        (FROM_URL, Refusal("404", "Not Found"), ("model-data-missing", f"there is no {URL}")),
        (FOR_CONTAINER, Refusal("404", "Not Found"), ("model-data-missing", f"there is no {URL}")),
        (NOT_AUTHORIZED, {}, ("access-denied", f"{ROLE} may not do s3:GetObject on arn:aws:s3:::models/linear")),
    ],
    ids=["there", "of a container", "forbidden", "not told", "gone", "gone of a container", "with the action"],
)
def test_a_download_that_failed_is_told_by_what_s3_has(
    slipway: Slipway, recorded: RecordedAws, said: str, answer: Any, told: tuple[str, str]
) -> None:
    failed(recorded, wrapped(said))
    recorded.answers["HeadObject"] = answer
    finding = first(slipway)
    cause, says = told
    assert (finding["cause"], says in finding["summary"]) == (cause, True), finding


def test_the_first_failure_counts_and_not_what_was_cancelled_for_it(
    slipway: Slipway, recorded: RecordedAws
) -> None:
    failed(recorded, "")
    recorded.operation(
        "ROLLBACK_IN_PROGRESS",
        ("Callers", "Resource creation cancelled"),
        ("Model", wrapped("Requested image own:1 not found.")),
        ("ServerlessLogGroup", wrapped("It already exists.")),
        then=("ROLLBACK_COMPLETE",),
    )
    assert first(slipway)["cause"] == "image-missing"


def test_a_stack_that_was_deleted_after_its_failure_still_tells_it(
    slipway: Slipway, recorded: RecordedAws
) -> None:
    failed(recorded, wrapped(PING))
    recorded.operation(
        "ROLLBACK_IN_PROGRESS",
        ("ServerlessEndpoint", wrapped(PING)),
        then=("ROLLBACK_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"),
    )
    recorded.no_stack(deleted=STACK_ID)
    told = explained(slipway)
    assert told["findings"][0]["cause"] == "never-answered-ping"
    assert any(STACK_ID in place["command"] for place in told["where"])


def test_where_the_log_went_with_the_rollback_the_mend_keeps_it(slipway: Slipway, recorded: RecordedAws) -> None:
    failed(recorded, wrapped(PING))
    told = explained(slipway)
    [finding] = told["findings"]
    assert finding["cause"] == "never-answered-ping"
    assert f"cdk deploy {STACK} -c env=local --no-rollback" in finding["mend"]
    assert [place["what"] for place in told["where"]] == ["stack"]  # neither log group nor endpoint is there
