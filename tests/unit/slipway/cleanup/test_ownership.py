"""Whose a resource is: an environment owns all that it names, and nothing that another one does."""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from slipway.cleanup.claims import Claims, known_endpoints, stack_description
from slipway.cleanup.ownership import STACK_TAG, Ownership
from slipway.cleanup.resource import Resource
from stacks.names import Names
from stacks.settings.mode import endpoint_mode

ACCOUNT, REGION = "111111111111", "eu-central-1"
LOCAL = Names("slipway", "local", ACCOUNT, REGION)
INSTANCE_TYPES = ("ml.c7i.large", "ml.g5.xlarge", "ml.p6-b200.48xlarge", "ml.m5.2xlarge", "ml.t2.medium")
UUID = "89313791-789d-4c69-88c4-e2ac938e76f6"

few = settings(max_examples=60, deadline=None)
words = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=4)
parts = st.lists(words, min_size=1, max_size=3).map("-".join).filter(lambda text: text[0].isalpha())
# Few short words, so that projects, environments and endpoints run into one another.
close_parts = st.lists(st.sampled_from(["a", "b", "a2", "serverless"]), min_size=1, max_size=2).map("-".join)
suffixes = st.text(string.ascii_letters + string.digits, min_size=12, max_size=13)
modes = st.one_of(
    st.just("serverless"),
    st.builds(
        endpoint_mode,
        st.sampled_from(["real-time", "async"]),
        st.one_of(
            st.builds(lambda one: {"AllTraffic": one}, st.sampled_from(INSTANCE_TYPES)),
            st.dictionaries(parts, st.sampled_from(INSTANCE_TYPES), min_size=1, max_size=2),
        ),
        is_autoscaled=st.booleans(),
    ),
)


def names_of(project: str, environment: str) -> Names:
    return Names(project, environment, ACCOUNT, REGION)


def made_by(names: Names, endpoint: str, mode: str, suffix: str) -> Iterator[Resource]:
    """Everything that has a name, as an environment with one endpoint and CloudFormation make it."""
    stack, name = names.endpoint_stack(endpoint), names.endpoint(endpoint, mode)
    scaled = f"endpoint/{name}/variant/AllTraffic"
    yield Resource("endpoint", name)
    yield Resource("endpoint config", f"{stack}-EndpointConfig-{suffix}")
    yield Resource("model", f"{stack}-Model-{suffix}")
    yield Resource("scaling target", f"{scaled} sagemaker:variant:DesiredInstanceCount", says=scaled)
    yield Resource("scaling policy", f"{name}-AllTraffic-requests", says=scaled)
    yield Resource("alarm", f"{stack}-ErrorsAlarm-{suffix}")
    yield Resource("alarm", f"TargetTracking-{scaled}-AlarmHigh-{UUID}")
    yield Resource("dashboard", names.dashboard(endpoint))
    yield Resource("parameter", names.parameter(endpoint))
    yield Resource("parameter", names.bucket_key_parameter)
    yield Resource("parameter", names.training_role_parameter)
    yield Resource("log group", names.log_group(endpoint, mode))
    yield Resource("log group", f"/aws/lambda/{names.artifact_stack}-CustomS3AutoDelete-{suffix}")
    yield Resource("function", f"{names.artifact_stack}-CustomS3AutoDelete-{suffix}")
    yield Resource("topic", f"{stack}-AlarmTopic-{suffix}")
    yield Resource("managed policy", f"{stack}-CallersPolicy49682805-{suffix}")
    yield Resource("role", f"{stack}-ExecutionRoleCDF74862-{suffix}")
    yield Resource("bucket", names.bucket)
    yield Resource("repository", names.repository)
    yield Resource("key", "a-key", says=f"Encrypts what {stack} keeps")
    yield Resource("key", "a-key", says=f"Encrypts the artifact bucket of {names.prefix}")
    yield Resource("objects", f"s3://{names.bucket}/models/{endpoint}/")
    yield Resource("template", "s3://b/k.json", says=stack_description(names, endpoint))
    yield Resource("template", "s3://b/k.json", says=f"Slipway: the deployments of {names.prefix} from GitHub")
    yield Resource("role", f"{names.github_stack}-DeployRole-{suffix}")
    output = f"s3://{names.bucket}/{names.training_prefix('m')}jobs"
    yield Resource("training job", f"{names.prefix}-m-20260101-000000", says=output)
    yield Resource("training logs", f"{names.prefix}-m-20260101-000000", says=output)


@few
@given(parts, parts, parts, modes, suffixes)
def test_what_an_environment_makes_is_its_own(project, environment, endpoint, mode, suffix) -> None:
    names = names_of(project, environment)
    ownership = Ownership(Claims(names, frozenset({endpoint})))
    for resource in made_by(names, endpoint, mode, suffix):
        assert ownership.reason(resource), resource


@few
@given(
    own=st.tuples(close_parts, close_parts),
    other=st.tuples(close_parts, close_parts),
    endpoints=st.sets(close_parts, min_size=1),
    endpoint=close_parts,
    mode=modes,
    suffix=suffixes,
)
def test_what_another_environment_makes_is_not_unless_both_give_the_very_name(
    *, own, other, endpoints, endpoint, mode, suffix
) -> None:
    assume(own != other)
    mine, theirs = names_of(*own), names_of(*other)
    could_be_mine = {
        (resource.kind, resource.name, resource.says)
        for one in endpoints
        for way in ("serverless", mode)
        for resource in made_by(mine, one, way, suffix)
    }
    alone = Ownership(Claims(mine, frozenset(endpoints)))
    beside = Ownership(Claims(mine, frozenset(endpoints)), [Claims(theirs, frozenset({endpoint}))])
    for resource in made_by(theirs, endpoint, mode, suffix):
        if resource.kind != "key" and (resource.kind, resource.name, resource.says) not in could_be_mine:
            assert alone.reason(resource) is None, resource
        assert beside.reason(resource) is None, resource


@few
@given(
    own=st.tuples(close_parts, close_parts),
    endpoints=st.sets(close_parts, min_size=1),
    endpoint=close_parts,
    mode=modes,
    suffix=suffixes,
    stack=st.text(max_size=20),
)
def test_the_tag_of_another_stack_says_more_than_any_name(
    *, own, endpoints, endpoint, mode, suffix, stack
) -> None:
    names = names_of(*own)
    claims = Claims(names, frozenset({*endpoints, endpoint}))
    assume(stack not in claims.stacks)
    for resource in made_by(names, endpoint, mode, suffix):
        tagged = Resource(resource.kind, resource.name, tags={STACK_TAG: stack}, says=resource.says)
        assert Ownership(claims).reason(tagged) is None


@few
@given(parts, parts, parts, st.text())
def test_the_tag_of_an_own_stack_suffices(project, environment, endpoint, name) -> None:
    names = names_of(project, environment)
    tagged = Resource("model", name, tags={STACK_TAG: names.endpoint_stack(endpoint)})
    assert Ownership(Claims(names, frozenset({endpoint}))).reason(tagged)
    assert Ownership(Claims(names, frozenset({f"{endpoint}0"}))).reason(tagged) is None


@pytest.mark.parametrize(
    "resource",
    [
        Resource("endpoint", "slipway-local-scores"),
        Resource("endpoint", "slipway-local-scores-serverless-2"),
        Resource("endpoint", "slipway-local-scores2-serverless"),
        Resource("endpoint", "slipway2-local-scores-serverless"),
        Resource("endpoint", "slipway-local2-scores-serverless"),
        Resource("endpoint", "my-slipway-local-scores-serverless"),
        Resource("endpoint", "slipway-local-unknown-serverless"),
        Resource("endpoint", "slipway-local-scores-real-time-blue"),
        Resource("log group", "/aws/sagemaker/Endpoints/slipway-local-scores-serverless-2"),
        Resource("log group", "/aws/sagemaker/Endpoints/slipway-local-scores-serverless/data-log"),
        Resource("log group", "/my/aws/sagemaker/Endpoints/slipway-local-scores-serverless"),
        Resource("role", "Slipway-local-scores-of-somebody"),
        Resource("role", "Slipway-local-scores-Role"),
        Resource("role", "slipway-local-scores-Role-ABCDEF123456"),
        Resource("role", "Slipway-local-scores2-Role-ABCDEF123456"),
        Resource("bucket", f"slipway-local-artifacts-{ACCOUNT}-{REGION}-2"),
        Resource("bucket", f"slipway-local-artifacts-222222222222-{REGION}"),
        Resource("repository", "slipway-local-2"),
        Resource("repository", "slipway-local/base"),
        Resource("parameter", "/slipway/local/scores/other"),
        Resource("parameter", "/slipway/local2/scores/endpoint-name"),
        Resource("dashboard", "slipway-local"),
        Resource("key", "a-key", says="Encrypts what Slipway-local-scores2 keeps"),
        Resource("training job", "slipway-local-m-20260101-000000", says="s3://somebodys/training/m/jobs"),
        Resource("stack", "Slipway-local-scores"),
    ],
)
def test_a_name_that_is_only_similar_is_not_enough(resource) -> None:
    assert Ownership(Claims(LOCAL, frozenset({"scores"}))).reason(resource) is None


def test_the_description_tells_the_stacks_of_two_environments_apart() -> None:
    stacks = [
        (LOCAL.endpoint_stack("b"), stack_description(LOCAL, "b")),
        ("Slipway-local-c-d", "Slipway: the endpoint d of slipway-local-c"),
        ("Slipway-local-e", ""),
        ("Slipway-local-f", "somebody's own"),
        ("Slipway-local-artifacts", "Slipway: the model artifacts of slipway-local"),
    ]
    parameters = ["/slipway/local/g/endpoint-name", "/slipway/local-h/i/endpoint-name", "/slipway/local/j/other"]
    assert known_endpoints(LOCAL, stacks, parameters) == {"b", "g"}


def test_two_environments_that_could_both_have_made_a_name_leave_it_alone() -> None:
    mine, theirs = Claims(LOCAL, frozenset({"b-c"})), Claims(names_of("slipway", "local-b"), frozenset({"c"}))
    contested = Resource("endpoint", "slipway-local-b-c-serverless")
    for one, other in itertools.permutations([mine, theirs]):
        assert Ownership(one).reason(contested)
        assert Ownership(one, [other]).reason(contested) is None
