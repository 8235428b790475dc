"""What a wrong settings file gets: every mistake at once, with its key, what is allowed and the nearest value."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from stacks.settings import SettingsError, load_environment

Messages = Callable[[Any], list[str]]


def settings(**changes: Any) -> dict[str, Any]:
    """Valid settings with an endpoint `linear`; `a__b` changes key b of a, None removes it."""
    document: dict[str, Any] = {
        "account": "123456789012",
        "region": "eu-central-1",
        "endpoints": {"linear": {"model": "linear", "hosting": {"type": "serverless"}}},
    }
    for key, value in changes.items():
        *path, last = key.split("__")
        holder = document
        for part in path:
            holder = holder[part]
        if value is None:
            del holder[last]
        else:
            holder[last] = value
    return document


GPU = {"type": "real-time", "instance_type": "ml.g5.xlarge"}


def test_valid_settings_have_no_mistakes(messages: Messages) -> None:
    assert messages(settings()) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"regio": "x"},
            (
                "dev.yaml: regio: unknown key; allowed: project, account, region, tags, removal, encryption, "
                "training, github, endpoints; did you mean region?"
            ),
        ),
        ({"name": "dev"}, "dev.yaml: name: unknown key; the environment's name is its file's"),
        ({"region": None}, "dev.yaml: region: is missing"),
        (
            {"removal": "destory"},
            "dev.yaml: removal: 'destory' is not allowed; allowed: destroy, retain; did you mean destroy?",
        ),
        (
            {"tags": {"stage": 1}},
            "dev.yaml: tags.stage: must be text, in quotes where YAML reads something else, not 1",
        ),
        (
            {"account": "1234"},
            "dev.yaml: account: '1234' is not an account id; allowed: 12 digits, in quotes",
        ),
        (
            {"account": 123456789012},
            (
                'dev.yaml: account: must stand in quotes, as in "123456789012": '
                "YAML reads it as a number, which loses leading zeros"
            ),
        ),
        (
            {"endpoints__linear__hosting__type": "serverles"},
            (
                "dev.yaml: endpoints.linear.hosting.type: 'serverles' is not allowed; "
                "allowed: serverless, real-time, async; did you mean serverless?"
            ),
        ),
        (
            {"endpoints__linear__hosting": {}},
            "dev.yaml: endpoints.linear.hosting.type: is missing; allowed: serverless, real-time, async",
        ),
        (
            {"endpoints__linear__hosting__memory_size_in_mb": 1500},
            (
                "dev.yaml: endpoints.linear.hosting.memory_size_in_mb: 1500 is not allowed; "
                "allowed: 1024, 2048, 3072, 4096, 5120, 6144; did you mean 1024?"
            ),
        ),
        (
            {"endpoints__linear__hosting__memory_size_in_mb": "2048"},
            (
                "dev.yaml: endpoints.linear.hosting.memory_size_in_mb: '2048' is not allowed; "
                "allowed: 1024, 2048, 3072, 4096, 5120, 6144; did you mean 2048?"
            ),
        ),
        (
            {"endpoints__linear__hosting__max_concurrency": 500},
            (
                "dev.yaml: endpoints.linear.hosting.max_concurrency: 500 is not allowed; "
                "allowed: 1 to 200; did you mean 200?"
            ),
        ),
        (
            {"endpoints__linear__hosting": {**GPU, "initial_instance_count": 0}},
            (
                "dev.yaml: endpoints.linear.hosting.initial_instance_count: 0 is not allowed; "
                "allowed: at least 1; did you mean 1?"
            ),
        ),
        (
            {"endpoints__linear__hosting": {**GPU, "instance_count": 2}},
            (
                "dev.yaml: endpoints.linear.hosting.instance_count: unknown key; allowed: instance_type, "
                "initial_instance_count, inference_ami_version, volume_size_in_gb, "
                "container_startup_health_check_timeout_in_seconds, model_data_download_timeout_in_seconds, "
                "variant_instance_provision_timeout_in_seconds, type, routing_strategy, autoscaling; "
                "did you mean initial_instance_count?"
            ),
        ),
        (
            {"endpoints__linear__container": "slin"},
            (
                "dev.yaml: endpoints.linear.container: 'slin' is not allowed; "
                "allowed: slim, ray-serve, pytorch-inference; did you mean slim?"
            ),
        ),
        (
            {"endpoints__linear": "linear"},
            "dev.yaml: endpoints.linear: must hold `key: value` lines, not 'linear'",
        ),
        (
            {"endpoints__linear__log_retention_in_days": 28},
            (
                "dev.yaml: endpoints.linear.log_retention_in_days: 28 is not allowed; "
                "allowed: 1, 3, 5, 7, 14, 30, 60, 90, "
                "120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653; did you mean 30?"
            ),
        ),
    ],
)
def test_one_mistake_is_one_line_that_says_how_to_mend_it(
    messages: Messages, changes: dict[str, Any], message: str
) -> None:
    assert messages(settings(**changes)) == [message]


@pytest.mark.parametrize(
    ("changes", "fragments"),
    [
        (
            {"region": "eu-centrl-1"},
            ("dev.yaml: region: 'eu-centrl-1'", "did you mean eu-central-1?", "us-west-2"),
        ),
        (
            {"endpoints__linear__hosting": {**GPU, "instance_type": "ml.g5.xlrge"}},
            ("hosting.instance_type: 'ml.g5.xlrge'", "did you mean ml.g5.xlarge?"),
        ),
        ({"project": "Our_Team"}, ("project: 'Our_Team'", "lower-case letters, digits and single hyphens")),
        ({"project": "aws-team"}, ("project: 'aws-team'", "AWS keeps for itself")),
        ({"endpoints": {"artifacts": settings()["endpoints"]["linear"]}}, ("endpoints.artifacts:", "is taken")),
        ({"endpoints": {"Linear": settings()["endpoints"]["linear"]}}, ("endpoints.Linear:", "lower-case")),
        ({"endpoints__linear__execution_role_arn": "admin"}, ("execution_role_arn: 'admin'", "arn:aws:iam::")),
        ({"tags": {"aws:owner": "x"}}, ("tags: 'aws:owner'", "choose another key")),
        ({"tags": {f"tag{number}": "x" for number in range(46)}}, ("tags: 46 tags", "up to 45")),
    ],
)
def test_a_value_out_of_form_is_named_with_what_is_allowed(
    messages: Messages, changes: dict[str, Any], fragments: tuple[str, ...]
) -> None:
    (message,) = messages(settings(**changes))
    assert all(fragment in message for fragment in fragments)


@pytest.mark.parametrize(
    ("changes", "fragments"),
    [
        (
            {"endpoints__linear__container": "ray-serve"},
            ("endpoints.linear.container: ray-serve does not fit serverless", "choose slim"),
        ),
        (
            {
                "endpoints__linear__hosting": {**GPU, "instance_type": "ml.p3.2xlarge"},
                "endpoints__linear__container": "slim",
            },
            ("endpoints.linear.container: slim has CUDA 13.0, and the GPUs of ml.p3.2xlarge are too old",),
        ),
        (
            {"endpoints__linear__hosting": {"type": "real-time", "instance_type": "ml.inf2.xlarge"}},
            ("endpoints.linear.container: no container runs on ml.inf2.xlarge",),
        ),
        (
            {"endpoints__linear__hosting": {"type": "real-time", "instance_type": "ml.c7g.large"}},
            ("endpoints.linear.container: no container runs on ml.c7g.large",),
        ),
        (
            {
                "endpoints__linear__hosting": {
                    "type": "real-time",
                    "instance_type": "ml.m5.large",
                    "inference_ami_version": "al2-ami-sagemaker-inference-gpu-3-1",
                }
            },
            ("endpoints.linear.hosting.inference_ami_version: ml.m5.large has no NVIDIA GPU",),
        ),
        (
            {
                "endpoints__linear__container": "slim",
                "endpoints__linear__hosting": {
                    "type": "real-time",
                    "instance_type": "ml.g5.xlarge",
                    "inference_ami_version": "al2-ami-sagemaker-inference-gpu-3-1",
                },
            },
            (
                "endpoints.linear.hosting.inference_ami_version: the driver of al2-ami-sagemaker-",
                "gpu-3-1 runs CUDA 12 and older, and the container has CUDA 13.0",
            ),
        ),
        (
            {
                "endpoints__linear__container": {
                    "image": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/own:1",
                    "cuda": "13.0",
                },
                "endpoints__linear__hosting": {
                    "type": "real-time",
                    "instance_type": "ml.g5.xlarge",
                    "inference_ami_version": "al2-ami-sagemaker-inference-gpu-2-1",
                },
            },
            ("endpoints.linear.hosting.inference_ami_version: the driver of al2-ami", "CUDA 13.0"),
        ),
        (
            {
                "endpoints__linear__hosting": {"type": "async", "instance_type": "ml.m5.large"},
                "endpoints__linear__rollout": {
                    "type": "all-at-once",
                    "alarms": {"overhead_latency_p99_in_milliseconds": 100},
                },
            },
            ("endpoints.linear.rollout.alarms.overhead_latency_p99_in_milliseconds: async endpoints",),
        ),
        (
            {"endpoints__linear__execution_role_arn": "arn:aws:iam::111122223333:role/ours"},
            ("endpoints.linear.execution_role_arn: the role is in account 111122223333", "123456789012"),
        ),
        (
            {"project": "a-project-with-a-long-name"},
            ("project: the bucket's name", "has 66 characters, AWS allows 63", "environment's name, shorter by 3"),
        ),
        (
            {"endpoints": {"e" * 45: settings()["endpoints"]["linear"]}},
            ("SageMaker endpoint's name slipway-dev-eee", "has 68 characters, AWS allows 63", "shorter by 5"),
        ),
    ],
)
def test_settings_that_do_not_fit_together_are_named(
    messages: Messages, changes: dict[str, Any], fragments: tuple[str, ...]
) -> None:
    (message,) = messages(settings(**changes))
    assert all(fragment in message for fragment in fragments)


def test_all_mistakes_are_reported_together(messages: Messages) -> None:
    wrong = settings(
        removal="keep",
        endpoints__linear__hosting={"type": "serverless", "memory_size_in_mb": 1500, "max_concurency": 1},
        endpoints__linear__container="ray-serve",
        endpoints__linear__model=None,
    )
    keys = {message.split(": ")[1] for message in messages(wrong)}
    assert keys == {
        "removal",
        "endpoints.linear.model",
        "endpoints.linear.container",
        "endpoints.linear.hosting.memory_size_in_mb",
        "endpoints.linear.hosting.max_concurency",
    }


def test_a_wrong_hosting_type_does_not_bring_mistakes_of_its_own(messages: Messages) -> None:
    assert len(messages(settings(endpoints__linear__hosting__type="asynk"))) == 1


@pytest.mark.usefixtures("pythons_own_recursion_limit")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "account: 1\nregion: x\naccount: 2\n",
            "dev.yaml, line 3: not valid YAML: the key account stands here again.",
        ),
        ("account: [\n", "dev.yaml, line 2: not valid YAML:"),
        ("\taccount: 1\n", "dev.yaml, line 1: not valid YAML:"),
        ("[" * 3000, "dev.yaml: not valid YAML: it is nested too deeply."),
        ("account: !!timestamp x\n", "dev.yaml, line 1: not valid YAML: 'x' is no timestamp."),
        ("- account\n", "dev.yaml: must hold `key: value` lines, not a list."),
    ],
)
def test_a_file_that_is_no_mapping_gets_one_sentence(messages: Messages, text: str, message: str) -> None:
    (line,) = messages(text)
    assert line.startswith(message)


def test_a_key_repeated_by_an_anchor_is_no_mistake(messages: Messages) -> None:
    endpoint = "{model: linear, hosting: {type: serverless}}"
    anchored = f"""
account: "123456789012"
region: eu-central-1
endpoints:
  first: &defaults {endpoint}
  second:
    <<: *defaults
    log_retention_in_days: 7
"""
    assert messages(anchored) == []


def test_an_empty_file_lacks_what_must_be_there(messages: Messages) -> None:
    assert messages("") == [f"dev.yaml: {key}: is missing" for key in ("account", "region", "endpoints")]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
KEYS = ["account", "region", "endpoints", "hosting", "type", "model", "tags"]
WORDS = st.sampled_from([*KEYS, "serverless", "real-time", "slim", "1", "x"])
ANYTHING = st.recursive(
    SCALARS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.integers(), inner, max_size=5),
    max_leaves=20,
)


@hypothesis_settings(derandomize=True, max_examples=200, deadline=None)
@given(endpoints=ANYTHING, hosting=ANYTHING, account=ANYTHING, tags=ANYTHING)
def test_whatever_stands_there_gets_messages_and_no_traceback(
    tmp_path_factory: pytest.TempPathFactory, endpoints: Any, hosting: Any, account: Any, tags: Any
) -> None:
    folder = tmp_path_factory.mktemp("environments", numbered=True)
    one = {"model": "linear", "hosting": hosting, "container": "slim"}
    for changes in ({"endpoints": endpoints}, {"endpoints__linear": one}, {"account": account, "tags": tags}):
        document = settings(**{key: value for key, value in changes.items() if value is not None})
        (folder / "dev.yaml").write_text(yaml.safe_dump(document))
        with suppress(SettingsError):
            load_environment("dev", folder)
