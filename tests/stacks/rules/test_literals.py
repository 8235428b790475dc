"""What is literal is judged, however it is written; what is not is never guessed."""

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stacks.rules.findings import findings
from stacks.rules.template import Template

from .conftest import BROKEN, Report, stack_name

# In these cases it matters that something is there at all, that a role lacks an action, or how a key is written.
BY_PRESENCE = {
    "variant-capacity-count",
    "volume-on-g5",
    "volume-on-m5d",
    "key-on-p5",
    "isolation-requirements",
    "capture-permission",
    "capture-permission-denied",
    "environment-key",
}
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def serverless(memory: Any, *, parameters: dict[str, Any] | None = None, **document: Any) -> dict[str, Any]:
    """A template with one serverless variant."""
    variant = {
        "VariantName": "A",
        "ModelName": "m",
        "ServerlessConfig": {"MemorySizeInMB": memory, "MaxConcurrency": 5},
    }
    config = {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [variant]}}
    return {"Resources": {"Config": config}, "Parameters": parameters or {}, **document}


def ids(document: dict[str, Any], region: str | None = None, account: str | None = None) -> set[str]:
    return {
        finding.rule.id for finding in findings([Template("t.json", document, region=region, account=account)])
    }


@pytest.mark.parametrize("case", [case for case in BROKEN if case not in BY_PRESENCE])
def test_a_parameter_in_place_of_the_broken_value_is_not_judged(case: str, report: Report) -> None:
    stack = stack_name(f"broken-{case}")
    template = json.loads((report.directory / f"{stack}.template.json").read_text())
    for finding in report.of(stack):
        changed = copy.deepcopy(template)
        changed["Parameters"] = {**changed.get("Parameters", {}), "Unknown": {"Type": "String"}}
        *parents, last = [int(key) if key.isdigit() else key for key in finding.path.split(".")]
        holder = changed["Resources"][finding.logical_id]
        for key in parents:
            holder = holder.get(key, {}) if isinstance(holder, dict) else holder[key]
        # Whole structures stay: that there is one is known, whatever it holds.
        if not isinstance(holder, dict) or isinstance(holder.get(last, {}), (dict, list)):
            continue
        holder[last] = {"Ref": "Unknown"}
        found = findings([Template("t.json", changed, region="eu-central-1", account="111111111111")])
        still = {(each.rule.id, each.problem.node.path) for each in found}
        assert (finding.rule, finding.path) not in still


@pytest.mark.parametrize(
    "memory",
    [
        {"Ref": "Memory"},
        {"Fn::ImportValue": "memory"},
        {"Fn::If": ["Big", 2000, 3000]},
        {"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "Memory"}]}]},
        {"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "Memory"]},
        {"Fn::Sub": "${Memory}"},
        {"Fn::GetAtt": ["Custom", "Memory"]},
        {"Fn::Transform": {"Name": "Macro", "Parameters": {}}},
    ],
    ids=lambda value: next(iter(value)),
)
def test_what_only_the_deployment_knows_is_not_judged(memory: Any) -> None:
    parameters = {"Memory": {"Type": "Number", "Default": 2000}}
    assert (
        ids(serverless(memory, parameters=parameters, Mappings={"Sizes": {"eu-central-1": {"Memory": 2000}}}))
        == set()
    )


@pytest.mark.parametrize(
    "memory",
    [
        2000,
        "2000",
        {"Fn::Sub": "2000"},
        {"Fn::Sub": ["${Size}000", {"Size": "2"}]},
        {"Fn::Join": ["", ["2", "000"]]},
        {"Fn::Join": ["0", ["2", "", {"Fn::Sub": "0"}]]},
        {"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "Memory"]},
    ],
    ids=["number", "text", "sub", "sub-with-variables", "join", "nested", "map"],
)
def test_a_literal_is_judged_however_it_is_written(memory: Any) -> None:
    document = serverless(memory, Mappings={"Sizes": {"eu-central-1": {"Memory": 2000}}})
    assert ids(document, region="eu-central-1") == {"serverless-memory"}


def test_no_value_is_an_absent_property() -> None:
    document = serverless(2048)
    document["Resources"]["Config"]["Properties"]["VpcConfig"] = {"Ref": "AWS::NoValue"}
    assert ids(document) == set()


def test_a_conditional_variant_leaves_their_number_open() -> None:
    document = serverless(2048)
    variants = document["Resources"]["Config"]["Properties"]["ProductionVariants"]
    variants.append({"Fn::If": ["Two", {"VariantName": "B"}, {"Ref": "AWS::NoValue"}]})
    assert ids(document) == set()


@pytest.mark.parametrize(
    "name", [{"Ref": "Model"}, {"Fn::GetAtt": ["Model", "ModelName"]}, {"Fn::GetAtt": "Model.ModelName"}, "m"]
)
def test_a_model_is_found_by_every_way_to_name_it(name: Any) -> None:
    document = serverless(2048)
    document["Resources"]["Config"]["Properties"]["ProductionVariants"][0]["ModelName"] = name
    document["Resources"]["Model"] = {
        "Type": "AWS::SageMaker::Model",
        "Properties": {"ModelName": "m", "EnableNetworkIsolation": "true", "PrimaryContainer": {"Image": "i"}},
    }
    assert ids(document) == {"serverless-isolation"}


IMAGE = {"Fn::Sub": "763104351884.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/ray:serve-ml-sagemaker-cuda-v1.4"}
REPOSITORY = {
    "Fn::Join": [
        "",
        [{"Fn::Select": [4, {"Fn::Split": [":", {"Fn::GetAtt": ["Repo", "Arn"]}]}]}, ".dkr.ecr.x/ray:cuda"],
    ]
}


@pytest.mark.parametrize(
    ("image", "found"), [(IMAGE, {"serverless-gpu"}), (REPOSITORY, set())], ids=["aws", "own"]
)
def test_an_image_is_judged_when_repository_and_tag_are_literal(image: Any, found: set[str]) -> None:
    document = serverless(2048)
    document["Resources"]["Model"] = {
        "Type": "AWS::SageMaker::Model",
        "Properties": {"ModelName": "m", "PrimaryContainer": {"Image": image}},
    }
    assert ids(document) == found


MEMORIES = {1024, 2048, 3072, 4096, 5120, 6144}


@quick
@given(memory=st.integers(-1, 10_000) | st.sampled_from(sorted(MEMORIES)))
def test_every_memory_size_is_told_from_every_other_number(memory: int) -> None:
    assert ("serverless-memory" in ids(serverless(memory))) == (memory not in MEMORIES)


def real_time(**properties: Any) -> dict[str, Any]:
    """A template with one variant on an instance."""
    variant = {"VariantName": "A", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1, **properties}
    config = {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [variant]}}
    return {"Resources": {"Config": config}}


@pytest.mark.parametrize(
    ("key", "rule", "low", "high"),
    [
        ("VolumeSizeInGB", "volume-size", 1, 512),
        ("ContainerStartupHealthCheckTimeoutInSeconds", "variant-time-outs", 60, 3600),
        ("ModelDataDownloadTimeoutInSeconds", "variant-time-outs", 60, 3600),
        ("VariantInstanceProvisionTimeoutInSeconds", "variant-time-outs", 300, 3600),
        ("InitialInstanceCount", "instance-count", 1, 10_000),
    ],
)
@quick
@given(data=st.data())
def test_a_range_is_exact(key: str, rule: str, low: int, high: int, data: st.DataObject) -> None:
    ends = [low - 1, low, high]
    number = data.draw(
        st.integers(-10, high) | st.sampled_from(ends if key == "InitialInstanceCount" else [*ends, high + 1])
    )
    assert (rule in ids(real_time(**{key: number}))) == (not low <= number <= high)


@quick
@given(name=st.from_regex(r"\A[a-zA-Z0-9](-{0,3}[a-zA-Z0-9]){0,15}\Z") | st.from_regex(r"\A[a-zA-Z0-9]{63}\Z"))
def test_a_name_of_sagemaker_is_silent(name: str) -> None:
    assert ids(real_time(VariantName=name)) == set()


@quick
@given(name=st.from_regex(r"\A[a-zA-Z0-9]{64,80}\Z") | st.from_regex(r"\A[a-zA-Z0-9-]{0,5}[_./ -]\Z"))
def test_another_name_is_found(name: str) -> None:
    assert ids(real_time(VariantName=name)) == {"variant-name"}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 4000)
    | st.sampled_from(["Config", "Model", "CANARY", "ml.g5.xlarge", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Ref", "Fn::Sub", "Fn::Join", "Fn::GetAtt", "Type", "Value", "A"]), inner, max_size=2
        )
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        *(
            "ProductionVariants",
            "ShadowProductionVariants",
            "AsyncInferenceConfig",
            "DataCaptureConfig",
            "VpcConfig",
        ),
        *(
            "Containers",
            "PrimaryContainer",
            "Environment",
            "Image",
            "ServerlessConfig",
            "InstancePools",
            "ModelName",
        ),
        *("EndpointConfigName", "DeploymentConfig", "BlueGreenUpdatePolicy", "RollingUpdatePolicy", "ResourceId"),
        *("ExecutionRoleArn", "Policies", "PolicyDocument", "Statement", "Roles", "ManagedPolicyArns"),
    ]
)
ANY = st.recursive(
    JSON, lambda inner: st.dictionaries(KEYS, inner | st.lists(inner, max_size=2), max_size=4), max_leaves=12
)
TYPES = ["SageMaker::Model", "SageMaker::EndpointConfig", "SageMaker::Endpoint", "IAM::Role", "IAM::Policy"]


@quick
@given(properties=st.lists(ANY, min_size=6, max_size=6))
def test_no_template_ends_the_rules(properties: list[Any]) -> None:
    types = [*TYPES, "ApplicationAutoScaling::ScalableTarget"]
    resources = {
        kind.rpartition("::")[2].removeprefix("Endpoint") or "Endpoint": {
            "Type": f"AWS::{kind}",
            "Properties": content,
        }
        for kind, content in zip(types, properties, strict=True)
    }
    assert isinstance(findings([Template("t.json", {"Resources": resources})]), list)
