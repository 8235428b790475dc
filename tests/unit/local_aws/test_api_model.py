"""Requests against botocore's service models, and CloudFormation's properties as requests."""

from __future__ import annotations

import copy
import string
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
import regex
from botocore.validate import ParamValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from local_aws import api_model
from local_aws.api_error import ApiError
from local_aws.api_model import ApiModel

CREATE_CONFIG = "CreateEndpointConfig"
Request = dict[str, Any]
Mutation = Callable[[Request], None]


@pytest.fixture(scope="module")
def sagemaker() -> ApiModel:
    return ApiModel("sagemaker")


def refusal(model: ApiModel, operation: str, request: Request) -> str:
    with pytest.raises(ApiError) as caught:
        model.validate(operation, request)
    assert caught.value.code == "ValidationException"
    assert caught.value.status == 400
    return caught.value.message


def config(**members: Any) -> Request:
    return {"EndpointConfigName": "config", "ProductionVariants": [variant()], **members}


def variant(**members: Any) -> Request:
    return {"VariantName": "primary", "ModelName": "model", **members}


names = st.text(string.ascii_letters + string.digits, min_size=1, max_size=63)
instances = st.fixed_dictionaries(
    {"InstanceType": st.sampled_from(["ml.m5.large", "ml.g5.xlarge"]), "InitialInstanceCount": st.integers(1, 20)}
)
serverless = st.fixed_dictionaries(
    {
        "ServerlessConfig": st.fixed_dictionaries(
            {"MemorySizeInMB": st.integers(1024, 6144), "MaxConcurrency": st.integers(1, 200)}
        )
    }
)
variants = st.builds(
    lambda name, model, weight, hosted: {
        "VariantName": name,
        "ModelName": model,
        "InitialVariantWeight": weight,
        **hosted,
    },
    names,
    names,
    st.floats(0, 1e6) | st.integers(0, 10),
    instances | serverless,
)
tag_text = st.text(
    st.characters(categories=["Lu", "Ll", "Lo", "Nd", "Zs"], include_characters="_.:/=+-@"), max_size=128
)
tags = st.fixed_dictionaries({"Key": tag_text.filter(bool), "Value": tag_text})
requests = st.fixed_dictionaries(
    {
        "EndpointConfigName": names,
        "ProductionVariants": st.lists(variants, min_size=1, max_size=10),
        "Tags": st.lists(tags, max_size=5),
    }
)


def replace(path: str, value: Any) -> Mutation:
    """Return what puts a value at a path such as ``ProductionVariants.0.VariantName``."""

    def mutate(request: Request) -> None:
        *parents, last = path.split(".")
        place: Any = request
        for part in parents:
            place = place[int(part)] if part.isdigit() else place.setdefault(part, {})
        place[last] = value

    return mutate


FIRST = "ProductionVariants.0"
MUTATIONS = [
    (replace("EndpointConfigName", "n" * 64), "'endpointConfigName'", "length less than or equal to 63"),
    (replace("EndpointConfigName", "no_underscore"), "'endpointConfigName'", "regular expression pattern"),
    (replace("EndpointConfigName", "ends\n"), "'endpointConfigName'", "regular expression pattern"),
    (replace("EndpointConfigName", 7), "'endpointConfigName'", "not a string"),
    (replace("EndpointConfigName", None), "'endpointConfigName'", "must not be null"),
    (replace("ProductionVariants", []), "'productionVariants'", "length greater than or equal to 1"),
    (replace("ProductionVariants", {}), "'productionVariants'", "not a list"),
    (replace("ProductionVariants", ["no"]), "'productionVariants.1.member'", "not a structure"),
    (replace(f"{FIRST}.VariantName", None), "'productionVariants.1.member.variantName'", "must not be null"),
    (replace(f"{FIRST}.InstanceType", "ml.g5.bogus"), "'productionVariants.1.member.instanceType'", "enum value"),
    (
        replace(f"{FIRST}.InitialInstanceCount", 0),
        "'productionVariants.1.member.initialInstanceCount'",
        "greater than or equal to 1",
    ),
    (
        replace(f"{FIRST}.InitialInstanceCount", "one"),
        "'productionVariants.1.member.initialInstanceCount'",
        "not a",
    ),
    (
        replace(f"{FIRST}.InitialInstanceCount", 1.5),
        "'productionVariants.1.member.initialInstanceCount'",
        "not a",
    ),
    (
        replace(f"{FIRST}.InitialInstanceCount", True),
        "'productionVariants.1.member.initialInstanceCount'",
        "not a",
    ),
    (
        replace(f"{FIRST}.InitialVariantWeight", -0.5),
        "'productionVariants.1.member.initialVariantWeight'",
        "greater than or equal to 0",
    ),
    (
        replace(f"{FIRST}.ServerlessConfig", {"MemorySizeInMB": 6145, "MaxConcurrency": 1}),
        "'productionVariants.1.member.serverlessConfig.memorySizeInMB'",
        "less than or equal to 6144",
    ),
    (
        replace(f"{FIRST}.ServerlessConfig", {"MemorySizeInMB": 1024}),
        "'productionVariants.1.member.serverlessConfig.maxConcurrency'",
        "must not be null",
    ),
    (replace(f"{FIRST}.EnableSSMAccess", "yes"), "'productionVariants.1.member.enableSSMAccess'", "not a boolean"),
    (replace(f"{FIRST}.Memory", 1), "'productionVariants.1.member.memory'", "Unknown member"),
    (replace("Variants", []), "'variants'", "Unknown member"),
    (replace("Tags", [{"Key": "k" * 129, "Value": ""}]), "'tags.1.member.key'", "less than or equal to 128"),
    (replace("Tags", [{"Key": "a*b", "Value": ""}]), "'tags.1.member.key'", "regular expression pattern"),
]


@settings(derandomize=True, max_examples=40)
@given(request=requests)
def test_what_the_api_allows_passes(sagemaker: ApiModel, request: Request) -> None:
    shape = sagemaker.operation(CREATE_CONFIG).input_shape
    assert not ParamValidator().validate(request, shape).has_errors()  # a request that botocore lets through

    sagemaker.validate(CREATE_CONFIG, request)


@settings(derandomize=True, max_examples=60)
@given(request=requests, mutation=st.sampled_from(MUTATIONS))
def test_one_violation_is_refused_by_the_path_of_its_member(
    sagemaker: ApiModel, request: Request, mutation: tuple[Mutation, str, str]
) -> None:
    mutate, path, problem = mutation
    broken = copy.deepcopy(request)
    mutate(broken)

    message = refusal(sagemaker, CREATE_CONFIG, broken)

    assert path in message
    assert problem in message


@pytest.mark.parametrize(("mutate", "path", "problem"), [pytest.param(*m, id=f"{m[1]} {m[2]}") for m in MUTATIONS])
def test_each_kind_of_violation_is_refused(sagemaker: ApiModel, mutate: Mutation, path: str, problem: str) -> None:
    broken = config()
    mutate(broken)

    message = refusal(sagemaker, CREATE_CONFIG, broken)

    assert path in message
    assert problem in message


def test_every_violation_is_named_at_once(sagemaker: ApiModel) -> None:
    broken = config(EndpointConfigName="n" * 64, ProductionVariants=[variant(), variant(InitialInstanceCount=0)])

    message = refusal(sagemaker, CREATE_CONFIG, broken)

    # One value may break two constraints: a name of 64 characters breaks its pattern as well.
    assert message.startswith("3 validation errors detected: ")
    assert "'endpointConfigName'" in message
    assert "'productionVariants.2.member.initialInstanceCount'" in message


def test_a_single_violation_is_counted_in_the_singular(sagemaker: ApiModel) -> None:
    message = refusal(sagemaker, "DescribeModel", {})

    assert message == (
        "1 validation error detected: Value 'null' at 'modelName' failed to satisfy constraint:"
        " Member must not be null"
    )


@pytest.mark.parametrize("text", ["Größe", "模型", "Ünï 1_.:/=+-@", "٣"])
def test_tags_take_the_letters_and_digits_of_every_script(sagemaker: ApiModel, text: str) -> None:
    sagemaker.validate(CREATE_CONFIG, config(Tags=[{"Key": text, "Value": text}]))


@pytest.mark.parametrize("key", ["1starts_with_a_digit", "has space", "has-hyphen"])
def test_the_keys_of_maps_are_checked_too(sagemaker: ApiModel, key: str) -> None:
    request = {"ModelName": "m", "PrimaryContainer": {"Environment": {key: "value"}}}

    assert f"'primaryContainer.environment.{key}'" in refusal(sagemaker, "CreateModel", request)


def test_the_values_of_maps_are_checked_too(sagemaker: ApiModel) -> None:
    request = {"ModelName": "m", "PrimaryContainer": {"Environment": {"GOOD": 1}}}

    assert "'primaryContainer.environment.GOOD' is not a string" in refusal(sagemaker, "CreateModel", request)


def test_an_operation_without_input_takes_anything() -> None:
    ApiModel("sts").validate("GetCallerIdentity", {})


def test_an_operation_that_the_service_lacks_is_none(sagemaker: ApiModel) -> None:
    assert sagemaker.operation("CreateModels") is None


class TestRequestFromProperties:
    """CloudFormation carries scalars as strings as well."""

    def test_numbers_and_booleans_written_as_strings_become_what_the_api_takes(self, sagemaker: ApiModel) -> None:
        properties = config(
            ProductionVariants=[
                variant(
                    InitialInstanceCount="2",
                    InitialVariantWeight="0.5",
                    EnableSSMAccess="true",
                    ServerlessConfig={"MemorySizeInMB": "1024", "MaxConcurrency": "5"},
                )
            ]
        )

        request = sagemaker.request_from_properties(CREATE_CONFIG, properties)

        assert request["ProductionVariants"] == [
            variant(
                InitialInstanceCount=2,
                InitialVariantWeight=0.5,
                EnableSSMAccess=True,
                ServerlessConfig={"MemorySizeInMB": 1024, "MaxConcurrency": 5},
            )
        ]
        sagemaker.validate(CREATE_CONFIG, request)

    @pytest.mark.parametrize(
        ("written", "wanted"), [(2, "2"), (0.5, "0.5"), ("text", "text"), (True, "true"), (False, "false")]
    )
    def test_environment_variables_become_strings_as_cloudformation_writes_them(
        self, sagemaker: ApiModel, written: Any, wanted: str
    ) -> None:
        properties = {"ModelName": "m", "PrimaryContainer": {"Environment": {"NAME": written}}}

        request = sagemaker.request_from_properties("CreateModel", properties)

        assert request["PrimaryContainer"]["Environment"] == {"NAME": wanted}

    def test_what_is_no_number_stays_and_is_refused_by_its_path(self, sagemaker: ApiModel) -> None:
        properties = config(ProductionVariants=[variant(InitialInstanceCount="many")])

        request = sagemaker.request_from_properties(CREATE_CONFIG, properties)

        assert "'productionVariants.1.member.initialInstanceCount'" in refusal(sagemaker, CREATE_CONFIG, request)

    def test_what_the_operation_does_not_take_is_left_out(self, sagemaker: ApiModel) -> None:
        properties = {"EndpointName": "e", "EndpointConfigName": "c", "Tags": [{"Key": "k", "Value": "v"}]}

        request = sagemaker.request_from_properties("UpdateEndpoint", properties)

        assert request == {"EndpointName": "e", "EndpointConfigName": "c"}

    def test_an_unknown_member_deeper_down_is_kept_to_be_refused(self, sagemaker: ApiModel) -> None:
        properties = config(ProductionVariants=[variant(Instances=1)])

        request = sagemaker.request_from_properties(CREATE_CONFIG, properties)

        assert "Unknown member" in refusal(sagemaker, CREATE_CONFIG, request)


@pytest.mark.parametrize("service", ["sagemaker", "application-autoscaling"])
def test_every_pattern_of_the_model_can_be_checked(service: str) -> None:
    """The models are written for Java's regular expressions."""
    model = botocore.session.get_session().get_service_model(service)
    patterns = {model.shape_for(name).metadata.get("pattern") for name in model.shape_names} - {None}
    uncheckable = {}
    for pattern in patterns:
        try:
            api_model._compiled(pattern)
        except regex.error as error:
            uncheckable[pattern] = str(error)

    assert patterns
    assert uncheckable == {}


@pytest.mark.parametrize(("text", "allowed"), [("endpoint/a", True), ("\U0001f6a2", True), ("\x00", False)])
def test_a_pattern_with_surrogate_pairs_is_checked(text: str, allowed: bool) -> None:
    request = {"ServiceNamespace": "sagemaker", "ResourceIds": [text]}
    model = ApiModel("application-autoscaling")

    if allowed:
        model.validate("DescribeScalableTargets", request)
    else:
        assert "'resourceIds.1.member'" in refusal(model, "DescribeScalableTargets", request)
