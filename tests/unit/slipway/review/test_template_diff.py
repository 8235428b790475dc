"""What CloudFormation would do with resources."""

import pytest

from slipway.review.assembly import Assembly
from slipway.review.changes import ResourceChange
from slipway.review.compare import compare
from slipway.review.resource_spec import resource_type
from slipway.review.template_diff import resource_changes

from .templates import bucket, resource, stack, type_of

CONFIG = resource(
    "AWS::SageMaker::EndpointConfig", ProductionVariants=[{"ModelName": {"Fn::GetAtt": ["Model", "ModelName"]}}]
)
ENDPOINT = resource(
    "AWS::SageMaker::Endpoint",
    EndpointName="linear",
    EndpointConfigName={"Fn::GetAtt": ["Config", "EndpointConfigName"]},
    Tags=[],
)


def changes(old: dict[str, dict[str, object]], new: dict[str, dict[str, object]]) -> dict[str, ResourceChange]:
    return {change.logical_id: change for change in resource_changes(stack(**old), stack(**new), type_of)}


def test_what_is_equal_is_no_change() -> None:
    same = {"B": bucket("b")}
    assert changes(same, same) == {}


def test_a_number_that_becomes_a_truth_value_is_a_change() -> None:
    old, new = ({"E": resource("AWS::SageMaker::Endpoint", EndpointName=name)} for name in (1, True))
    assert changes(old, new)["E"].effect == "replaced"
    (stack_review,) = compare("prod", *(Assembly({"S": stack(**each)}) for each in (old, new)), type_of).stacks
    assert len(stack_review.resources) == 1


def test_metadata_is_no_change() -> None:
    assert changes({"B": bucket("b")}, {"B": {**bucket("b"), "Metadata": {"aws:cdk:path": "a/b"}}}) == {}


def test_another_name_replaces_a_bucket_whose_data_go_or_stay_by_its_policy() -> None:
    gone = changes({"B": bucket("old")}, {"B": bucket("new")})["B"]
    assert (gone.effect, gone.stateful, gone.fate, gone.gives_up) == ("replaced", True, "deleted", True)
    kept = changes({"B": bucket("old")}, {"B": bucket("new", UpdateReplacePolicy="Retain")})["B"]
    assert kept.fate == "kept"


def test_a_resource_that_goes_is_deleted_or_kept() -> None:
    assert changes({"B": bucket("b")}, {})["B"].effect == "deleted"
    assert changes({"B": bucket("b")}, {})["B"].fate == "deleted"
    assert changes({"B": bucket("b", DeletionPolicy="Retain")}, {})["B"].fate == "kept"


def test_a_new_model_replaces_its_config_and_updates_its_endpoint() -> None:
    old = {"Model": resource("AWS::SageMaker::Model", PrimaryContainer={"ModelDataUrl": "s3://a"})}
    new = {"Model": resource("AWS::SageMaker::Model", PrimaryContainer={"ModelDataUrl": "s3://b"})}
    found = changes(
        {**old, "Config": CONFIG, "Endpoint": ENDPOINT}, {**new, "Config": CONFIG, "Endpoint": ENDPOINT}
    )
    assert {key: change.effect for key, change in found.items()} == {
        "Model": "replaced",
        "Config": "replaced",
        "Endpoint": "updated",
    }
    assert not any(change.gives_up for change in found.values())
    (reference,) = found["Endpoint"].properties
    assert reference.note == "refers to what is replaced: Config"


def test_what_follows_its_bucket_is_nothing_that_one_misses() -> None:
    policy = {"Policy": resource("AWS::S3::BucketPolicy", Bucket={"Ref": "B"})}
    found = changes({"B": bucket("old"), **policy}, {"B": bucket("new"), **policy})
    assert found["Policy"].effect == "replaced"
    assert [key for key, change in found.items() if change.gives_up] == ["B"]


def test_an_endpoint_of_another_logical_id_replaces_the_one_that_goes() -> None:
    changed = {**ENDPOINT, "Properties": {**ENDPOINT["Properties"], "EndpointName": "linear-async"}}
    found = changes({"RealTimeEndpoint": ENDPOINT}, {"AsyncEndpoint": changed})
    assert found["AsyncEndpoint"].effect == "replaced"
    assert found["AsyncEndpoint"].replaced_id == "RealTimeEndpoint"
    assert list(found) == ["AsyncEndpoint"]


def test_resources_with_little_in_common_are_one_deleted_and_one_added() -> None:
    old = {"A": resource("AWS::SQS::Queue", QueueName="a", DelaySeconds=1)}
    new = {"B": resource("AWS::SQS::Queue", QueueName="b", DelaySeconds=2)}
    assert {key: change.effect for key, change in changes(old, new).items()} == {"A": "deleted", "B": "added"}


def test_what_may_replace_is_said_so() -> None:
    old, new = (resource("AWS::RDS::DBInstance", Engine=engine) for engine in ("a", "b"))
    assert changes({"D": old}, {"D": new})["D"].effect == "may be replaced"


def test_the_deletion_policy_is_a_change() -> None:
    (change,) = changes({"B": bucket("b", DeletionPolicy="Retain")}, {"B": bucket("b")})["B"].properties
    assert (change.path, change.old, change.new) == ("DeletionPolicy", "Retain", None)


@pytest.mark.parametrize(
    ("kind", "name", "replaces", "stateful"),
    [
        ("AWS::S3::Bucket", "BucketName", "yes", True),
        ("AWS::S3::Bucket", "VersioningConfiguration", "no", True),
        ("AWS::ECR::Repository", "RepositoryName", "yes", True),
        ("AWS::SageMaker::EndpointConfig", "ProductionVariants", "yes", False),
        ("AWS::SageMaker::Endpoint", "EndpointConfigName", "no", False),
        ("Custom::Anything", "Name", "no", False),
    ],
)
def test_the_cdk_clis_specification_is_known(kind: str, name: str, replaces: str, stateful: bool) -> None:
    found = resource_type(kind)
    assert (found.replaces.get(name, "no"), found.stateful) == (replaces, stateful)
