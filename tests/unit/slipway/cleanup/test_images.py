"""Images in a repository that stays: which of them are left over, and that no other one is ever touched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from slipway.cleanup.app_images import app_images
from slipway.cleanup.removal import Removal, remove_all
from slipway.cleanup.survey import Survey
from slipway.cleanup.surveyor import Surveyor
from stacks import container_image

from .conftest import ACCOUNT, REGION, MemoryAws, denied, settings_of

REPOSITORY = "slipway-local"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
ARTIFACTS = ("Slipway-local-artifacts", "CREATE_COMPLETE", "Slipway: the model artifacts of slipway-local")
OLD, NEW = "0" * 64, "1" * 64
PUSHED = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
AWS_IMAGE = "763104351884.dkr.ecr.eu-central-1.amazonaws.com/ray:serve"


def digest_of(tag: str) -> str:
    return f"sha256:{tag[::-1]:f>64.64}"


@pytest.fixture
def deployed(aws: MemoryAws) -> MemoryAws:
    """An environment whose artifact stack is deployed, with its repository."""
    aws.stacks(ARTIFACTS, resources={ARTIFACTS[0]: [REPOSITORY]})
    images(aws, OLD)
    return aws


def images(aws: MemoryAws, *tags: str | tuple[str, ...], pushed: dt.datetime = PUSHED) -> None:
    """Have images of a tag each, or of several."""
    groups = [(tag,) if isinstance(tag, str) else tag for tag in tags]
    aws.answers["describe_images"] = lambda repositoryName: {  # noqa: N803 - boto3's own name
        "imageDetails": [
            {
                "registryId": ACCOUNT,
                "repositoryName": repositoryName,
                "imageTags": list(group),
                "imageDigest": digest_of(group[0]) if group else "sha256:none",
                "imageSizeInBytes": 12_300_000,
                "imagePushedAt": pushed,
            }
            for group in groups
            if repositoryName == REPOSITORY
        ]
    }


def models(aws: MemoryAws, **containers: Mapping[str, Any]) -> None:
    aws.answers["list_models"] = {
        "Models": [{"ModelName": name, "ModelArn": f"arn:{name}"} for name in containers]
    }
    aws.answers["describe_model"] = lambda ModelName: containers[ModelName]  # noqa: N803


def look(aws: MemoryAws, *endpoints: str, **changes: Any) -> Survey:
    return surveyor(aws, *endpoints, **changes).survey()


def surveyor(aws: MemoryAws, *endpoints: str, **changes: Any) -> Surveyor:
    return Surveyor(aws, settings_of(*endpoints, **changes), pause=lambda _: None)


def left(survey: Survey) -> list[tuple[str, str]]:
    return [(finding.resource.kind, finding.resource.name) for finding in survey.left_over]


def test_an_image_that_nothing_has_is_left_over_with_what_removes_it(deployed: MemoryAws) -> None:
    survey = look(deployed)
    assert left(survey) == [("image", f"{REPOSITORY}:{OLD}")]
    [finding] = survey.left_over
    assert finding.resource.says == "12.3 MB, pushed 2026-03-01"
    deletion = f"aws ecr batch-delete-image --repository-name {REPOSITORY} --image-ids imageTag={OLD}"
    assert finding.commands == (f"slipway local run -- {deletion} --region {REGION}",)


@pytest.mark.parametrize(
    "model",
    [
        {"PrimaryContainer": {"Image": f"{REGISTRY}/{REPOSITORY}:{OLD}"}},
        {"PrimaryContainer": {"Image": f"{REGISTRY}/{REPOSITORY}@{digest_of(OLD)}"}},
        {"Containers": [{"Image": AWS_IMAGE}, {"Image": f"{REGISTRY}/{REPOSITORY}:{OLD}"}]},
    ],
)
def test_an_image_of_anybodys_model_is_in_use(deployed: MemoryAws, model: Mapping[str, Any]) -> None:
    images(deployed, OLD, NEW)
    models(deployed, somebodys=model, packaged={"PrimaryContainer": {"ModelPackageName": "a-package"}})
    assert left(look(deployed)) == [("image", f"{REPOSITORY}:{NEW}")]


@pytest.mark.parametrize("place", ["ProductionVariants", "ShadowProductionVariants", "pending"])
def test_an_image_that_an_endpoint_runs_is_in_use_though_its_model_is_gone(
    deployed: MemoryAws, place: str
) -> None:
    deployed.endpoints("somebodys")
    image = {"SpecifiedImage": f"{REGISTRY}/{REPOSITORY}:{OLD}", "ResolvedImage": "x"}
    variants = [{"VariantName": "AllTraffic", "DeployedImages": [image]}, {"VariantName": "of-a-component"}]
    pending = {"PendingDeploymentSummary": {"ProductionVariants": variants}}
    deployed.answers["describe_endpoint"] = pending if place == "pending" else {place: variants}
    assert left(look(deployed)) == []


@pytest.mark.parametrize(
    "uri",
    [
        f"{REGISTRY}/slipway-dev:{OLD}",
        f"{REGISTRY}/slipway-dev@{digest_of(OLD)}",
        f"{REGISTRY}/of/{REPOSITORY}:{OLD}",
        f"111122223333.dkr.ecr.{REGION}.amazonaws.com/{REPOSITORY}:{OLD}",
        f"{REGISTRY}/{REPOSITORY}:{OLD}0",
    ],
)
def test_an_image_of_the_same_tag_in_another_repository_hides_nothing(deployed: MemoryAws, uri: str) -> None:
    models(deployed, somebodys={"PrimaryContainer": {"Image": uri}})
    assert left(look(deployed)) == [("image", f"{REPOSITORY}:{OLD}")]


@pytest.mark.parametrize("place", ["Specification", "Specifications"])
def test_an_image_of_an_inference_component_is_in_use(deployed: MemoryAws, place: str) -> None:
    image = {"SpecifiedImage": "x", "ResolvedImage": f"{REGISTRY}/{REPOSITORY}@{digest_of(OLD)}"}
    specification = {"Container": {"DeployedImage": image}}
    deployed.answers["list_inference_components"] = {"InferenceComponents": [{"InferenceComponentName": "one"}]}
    deployed.answers["describe_inference_component"] = {
        place: [specification] if place == "Specifications" else specification
    }
    assert left(look(deployed)) == []


def test_an_aws_without_inference_components_has_none(deployed: MemoryAws) -> None:
    missing = {"Code": "UnsupportedOperation", "Message": "not implemented"}
    deployed.answers["list_inference_components"] = ClientError({"Error": missing}, "ListInferenceComponents")
    assert left(look(deployed)) == [("image", f"{REPOSITORY}:{OLD}")]


@pytest.mark.parametrize(("minutes", "found"), [(59, []), (61, [("image", f"{REPOSITORY}:{OLD}")])])
def test_an_image_that_was_just_pushed_may_be_of_a_deployment_that_goes_on(
    deployed: MemoryAws, minutes: int, found: list[tuple[str, str]]
) -> None:
    images(deployed, OLD, pushed=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes))
    assert left(look(deployed, account="111122223333")) == found


def test_on_this_machines_aws_what_was_just_pushed_is_judged(deployed: MemoryAws) -> None:
    images(deployed, OLD, pushed=dt.datetime.now(dt.UTC))
    assert left(look(deployed)) == [("image", f"{REPOSITORY}:{OLD}")]


def test_the_image_that_the_app_defines_is_not_left_over_before_anything_has_it(deployed: MemoryAws) -> None:
    [uri] = app_images(settings_of("scores"))
    images(deployed, OLD, uri.rpartition(":")[2])
    assert left(look(deployed, "scores")) == [("image", f"{REPOSITORY}:{OLD}")]


def test_where_the_app_cannot_say_its_images_none_is_judged(
    deployed: MemoryAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_node(*_: object, **__: object) -> None:
        raise RuntimeError("no Node")

    monkeypatch.setattr(container_image, "container_image", no_node)
    survey = look(deployed, "scores")
    [unseen] = survey.unseen
    assert (left(survey), unseen.what) == ([], "images that nothing has any more")
    assert "no Node" in unseen.reason


@pytest.mark.parametrize("tags", [(), ("base-1.0",), (OLD, "kept")])
def test_an_image_that_the_app_did_not_publish_is_left_alone(deployed: MemoryAws, tags: tuple[str, ...]) -> None:
    images(deployed, tags)
    assert look(deployed).findings == ()


def test_a_tag_more_of_an_image_in_use_is_left_alone(deployed: MemoryAws) -> None:
    images(deployed, (OLD, NEW))
    models(deployed, somebodys={"PrimaryContainer": {"Image": f"{REGISTRY}/{REPOSITORY}:{NEW}"}})
    assert look(deployed).findings == ()


@pytest.mark.parametrize("resources", [[], ["somebodys"]])
def test_a_repository_of_the_name_that_is_not_the_stacks_is_left_alone(
    deployed: MemoryAws, resources: list[str]
) -> None:
    deployed.stacks(ARTIFACTS, resources={ARTIFACTS[0]: resources})
    assert look(deployed).findings == ()


def test_a_retaining_environment_keeps_its_images(deployed: MemoryAws) -> None:
    survey = look(deployed, removal="retain")
    assert survey.is_clean
    [finding] = survey.findings
    assert (finding.resource.kind, finding.state, finding.is_removable) == ("image", "kept", False)


@pytest.mark.parametrize("operation", ["describe_model", "describe_images", "list_inference_components"])
def test_without_a_look_at_who_has_an_image_none_is_judged(deployed: MemoryAws, operation: str) -> None:
    models(deployed, somebodys={})
    deployed.answers[operation] = denied(operation)
    survey = look(deployed)
    assert left(survey) == []
    assert [unseen.what for unseen in survey.unseen] == ["images that nothing has any more"]


def test_a_model_that_goes_while_it_looks_has_no_image(deployed: MemoryAws) -> None:
    gone = {"Code": "ValidationException", "Message": "Could not find model"}
    models(deployed, somebodys={})
    deployed.answers["describe_model"] = ClientError({"Error": gone}, "DescribeModel")
    assert left(look(deployed)) == [("image", f"{REPOSITORY}:{OLD}")]


def removed(aws: MemoryAws, **answer: Any) -> Removal:
    """Remove what is left over; the image is gone once its deletion was asked for, unless the answer says no."""

    def delete(**_: Any) -> dict[str, Any]:
        if not answer:
            images(aws)
        return answer

    aws.answers["batch_delete_image"] = delete
    looking = surveyor(aws)
    return remove_all(looking, looking.survey())


def test_it_is_removed_by_its_tag(deployed: MemoryAws) -> None:
    removal = removed(deployed)
    assert removal.survey.is_clean
    assert [finding.resource.name for finding in removal.removed] == [f"{REPOSITORY}:{OLD}"]
    request = {"repositoryName": REPOSITORY, "imageIds": [{"imageTag": OLD}]}
    assert deployed.called("batch_delete_image") == [request]


def test_what_ecr_refuses_to_delete_is_told(deployed: MemoryAws) -> None:
    code, reason = "ImageReferencedByManifestList", "a manifest list has it"
    removal = removed(deployed, failures=[{"failureCode": code, "failureReason": reason}])
    assert [failure.reason for failure in removal.failures] == [f"{REPOSITORY}:{OLD}: {reason}"]
    assert not removal.survey.is_clean
