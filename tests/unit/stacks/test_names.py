"""Names derived from settings stay within what AWS allows."""

import re
from fnmatch import fnmatchcase
from functools import cache

import botocore.session
from hypothesis import given, settings
from hypothesis import strategies as st

from stacks.names import PART, Names, is_part
from stacks.settings.mode import endpoint_mode, mode_patterns

PARTS = st.from_regex(f"\\A{PART}\\Z")


def test_the_names_are_these() -> None:
    names = Names("slipway", "dev", "111111111111", "eu-central-1")
    assert names.bucket == "slipway-dev-artifacts-111111111111-eu-central-1"
    assert names.repository == "slipway-dev"
    assert names.artifact_stack == "Slipway-dev-artifacts"
    assert names.endpoint_stack("linear") == "Slipway-dev-linear"
    assert names.endpoint("linear", "real-time") == "slipway-dev-linear-real-time"
    assert names.parameter("linear") == "/slipway/dev/linear/endpoint-name"
    assert names.log_group("linear", "serverless") == "/aws/sagemaker/Endpoints/slipway-dev-linear-serverless"
    assert names.tarball_key("linear", "abc") == "models/linear/abc.tar.gz"


def test_the_patterns_cover_every_mode_of_an_endpoint_and_no_other_endpoint() -> None:
    names = Names("slipway", "dev", "111111111111", "eu-central-1")
    patterns = names.endpoint_patterns("linear", mode_patterns())
    several = endpoint_mode("real-time", {"a": "ml.g5.xlarge", "b": "ml.g5.xlarge"}, is_autoscaled=False)
    modes = ["serverless", "real-time", "real-time-g5-xlarge", several, "async", "async-1a2b3c4d"]
    for mode in modes:
        assert any(fnmatchcase(names.endpoint("linear", mode), pattern) for pattern in patterns)
        assert not any(fnmatchcase(names.endpoint("linear-two", mode), pattern) for pattern in patterns)


@settings(derandomize=True, max_examples=50)
@given(project=PARTS, environment=PARTS, endpoint=PARTS)
def test_names_within_their_limits_fit_what_aws_allows(project: str, environment: str, endpoint: str) -> None:
    names = Names(project, environment, "111111111111", "eu-central-1")
    limited = list(names.limited({endpoint: "real-time"}))
    patterns = {
        "bucket": r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
        "ECR repository": r"[a-z0-9]+([._-][a-z0-9]+)*",
        "stack": r"[a-zA-Z][-a-zA-Z0-9]*",
        "SageMaker endpoint": sagemaker_pattern("EndpointName"),
        "SSM parameter": r"(/[a-zA-Z0-9_.-]+)+",
        "log group": r"[\.\-_/#A-Za-z0-9]+",
        "dashboard": r"[A-Za-z0-9_-]+",
    }
    for name in limited:
        if len(name.value) <= name.limit:
            assert re.fullmatch(patterns[name.what], name.value)


def test_the_endpoint_limit_is_the_api_models() -> None:
    names = Names("slipway", "dev", "111111111111", "eu-central-1")
    limit = next(name.limit for name in names.limited({"x": "serverless"}) if name.what == "SageMaker endpoint")
    assert limit == sagemaker_model().shape_for("EndpointName").metadata["max"]


def test_a_part_has_single_hyphens_inside_and_a_letter_first() -> None:
    assert all(is_part(text) for text in ("a", "a1", "a-b", "a-1-c"))
    assert not any(is_part(text) for text in ("", "1a", "a--b", "-a", "a-", "A", "a_b", "a b", "a\n"))


@cache
def sagemaker_model() -> botocore.model.ServiceModel:
    return botocore.session.get_session().get_service_model("sagemaker")


def sagemaker_pattern(shape: str) -> str:
    return str(sagemaker_model().shape_for(shape).metadata["pattern"])
