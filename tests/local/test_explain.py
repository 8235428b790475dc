"""`slipway explain` on endpoints that are really broken: each cause is produced, named and given a mend."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from slipway import cli
from stacks.names import LOG_GROUPS

from .broken_endpoints import BUCKET, INSTANCE, PREFIX, ROLE, ByHand, tarball
from .conftest import ROOT, Project

pytestmark = pytest.mark.timeout(900)

MISSING = "import no_such_package\n"
RAISES = "def model_fn(model_dir):\n    raise FileNotFoundError('vocabulary.txt')\n"
GREEDY = "import torch\n\n\ndef model_fn(model_dir):\n    return torch.empty(2**50)\n"
HANGS = "import threading\n\n\ndef model_fn(model_dir):\n    print('reading 7 GB')\n    threading.Event().wait()\n"
LOADS = "def model_fn(model_dir):\n    print('reading 7 GB')\n    open({path!r}, 'rb', buffering=0).read(1)\n"
CLUMSY = """
import os
import signal
import threading

import torch


def model_fn(model_dir):
    return None


def input_fn(body, content_type):
    if body == b"unreadable":
        raise ValueError("no such word")
    return body.decode()


def predict_fn(asked, model):
    if asked == "raise":
        return {}["cat"]
    if asked == "memory":
        return torch.empty(2**50)
    if asked == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if asked == "exit":
        os._exit(3)
    if asked == "slow":
        threading.Event().wait()
    return "x" * 4_194_305 if asked == "long" else "well"


def output_fn(prediction, accept):
    return prediction, "text/plain"
"""
SERVERLESS_HOSTING = {"type": "serverless", "memory_size_in_mb": 2048, "max_concurrency": 5}
LIMITS = {"request_timeout": 5, "queue_size": 2, "max_body_bytes": 1000}
NO_IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/nowhere:1"
HUGE_REPOSITORY = "broken-huge"
HUGE_IMAGE = f"000000000000.dkr.ecr.us-east-1.amazonaws.com/{HUGE_REPOSITORY}:1"
HUGE = 11 * 1024**3  # bytes
LIMITED, SHORT = "ml.c7i.48xlarge", "ml.c6i.32xlarge"
ACCOUNT_LIMITS = {"quotas": {f"{LIMITED} for endpoint usage": 0}, "no_capacity": [SHORT]}
SYNTHESIZED = ("denied", "gone", "huge", "imageless", "limited", "odd", "short", "taken")
TAKEN = f"{LOG_GROUPS}{PREFIX}taken-serverless"
DENIED = f"arn:aws:iam::000000000000:role/{ROLE}-denied"
BY_HAND = {
    "raises": tarball(RAISES),
    "missing": tarball(MISSING),
    "greedy": tarball(GREEDY),
    "unmet": tarball(RAISES, requirements="--no-index\nslipway-has-no-such-package==1.0\n"),
    "torn": tarball(RAISES)[:100],
    "misspelt": tarball(RAISES, worker=2),
    "clumsy": tarball(CLUMSY, **LIMITS),
}


def deployed(project: Project) -> dict[str, Any]:
    """The endpoints that CloudFormation fails to make, each for another reason."""
    in_s3 = {"hosting": SERVERLESS_HOSTING, "model_data": {"s3_uri": f"s3://{BUCKET}/denied.tar.gz"}}
    not_allowed = {**in_s3, "container": "slim", "execution_role_arn": DENIED}
    return {
        "rolled": usual(project),
        "denied": not_allowed,
        "gone": {**not_allowed, "model_data": {"s3_uri": f"s3://{BUCKET}/gone.tar.gz"}},
        "huge": {**in_s3, "container": {"image": HUGE_IMAGE}},
        "imageless": {**in_s3, "container": {"image": NO_IMAGE}},
        "limited": {**in_s3, "container": "slim", "hosting": {"type": "real-time", "instance_type": LIMITED}},
        "odd": {**in_s3, "container": "slim"},
        "short": {**in_s3, "container": "slim", "hosting": {"type": "real-time", "instance_type": SHORT}},
        "taken": {**in_s3, "container": "slim", "model_data": {"s3_uri": f"s3://{BUCKET}/taken.tar.gz"}},
    }


def usual(project: Project) -> dict[str, Any]:
    return {"model": str(project.model), "container": "slim", "hosting": SERVERLESS_HOSTING}


@pytest.fixture(scope="module")
def broken(machine: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """An environment whose endpoints are broken, each in its own way, but for one that works at first."""
    folder = tmp_path_factory.mktemp("broken")
    shutil.copytree(ROOT / "model_code" / "linear", folder / "model")
    project = Project(machine, folder, "broken")
    (project.model / "inference.py").write_text(RAISES)
    by_hand = ByHand(machine)
    by_hand.begin()
    # Its 60 s pass while the others are deployed.
    by_hand.create(f"{PREFIX}hanging-real-time", tarball(HANGS), INSTANCE)
    for endpoint, body in BY_HAND.items():
        by_hand.create(f"{PREFIX}{endpoint}-serverless", body)
    by_hand.upload("denied.tar.gz", tarball(RAISES))
    by_hand.upload("taken.tar.gz", tarball(CLUMSY))
    project.write(endpoints=deployed(project))
    # The real CLI, which rolls the stack back; it synthesizes the others, whose stacks need no assets.
    stacks = [project.stack(part) for part in ("artifacts", "rolled")]
    failed = project.cdk("deploy", *stacks, "--require-approval", "never", check=False)
    assert failed.returncode != 0
    machine.client("logs").create_log_group(logGroupName=TAKEN)
    (machine.folder / "limits.json").write_text(json.dumps(ACCOUNT_LIMITS))
    push_huge_image(machine.client("ecr"))
    for part in SYNTHESIZED:
        deploy_synthesized(project, part)
    hanging = {**usual(project), "hosting": {"type": "real-time", "instance_type": "ml.m5.large"}}
    others = {**dict.fromkeys([*BY_HAND, "full", "loading", "never"], usual(project)), "hanging": hanging}
    project.write(endpoints={**deployed(project), **others})
    for endpoint in BY_HAND:
        by_hand.settle(f"{PREFIX}{endpoint}-serverless")
    yield project
    project.remove("rolled", *SYNTHESIZED, "artifacts")
    by_hand.remove()
    (machine.folder / "limits.json").unlink()
    machine.client("ecr").delete_repository(repositoryName=HUGE_REPOSITORY, force=True)


def push_huge_image(ecr: Any) -> None:
    """Push the manifest of an image that is larger than what serverless hosting takes."""
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    layer = {
        "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "size": HUGE,
        "digest": f"sha256:{'0' * 64}",
    }
    manifest = {"schemaVersion": 2, "mediaType": kind, "layers": [layer]}
    ecr.create_repository(repositoryName=HUGE_REPOSITORY)
    ecr.put_image(repositoryName=HUGE_REPOSITORY, imageManifest=json.dumps(manifest), imageTag="1")


def deploy_synthesized(project: Project, part: str) -> None:
    """Deploy a stack as CloudFormation gets it, and wait until it is rolled back."""
    cloudformation = project.machine.client("cloudformation")
    stack = project.stack(part)
    template = json.loads((project.folder / "cdk.out" / f"{stack}.template.json").read_text())
    if part == "odd":
        refuse_config(template)
    cloudformation.create_stack(
        StackName=stack, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
    )
    with contextlib.suppress(WaiterError):
        waiter = cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 120})


def refuse_config(template: dict[str, Any]) -> None:
    """Change a template to what SageMaker refuses, and no setting allows."""
    [config] = [one for one in template["Resources"].values() if one["Type"] == "AWS::SageMaker::EndpointConfig"]
    [variant] = config["Properties"]["ProductionVariants"]
    variant["ServerlessConfig"]["ProvisionedConcurrency"] = variant["ServerlessConfig"]["MaxConcurrency"] + 1


@pytest.fixture
def explained(
    broken: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[[str], dict[str, Any]]]:
    """What `slipway explain --json` says of an endpoint that is not healthy; in this process, which is faster."""
    before = dict(os.environ)

    def explain(endpoint: str) -> dict[str, Any]:
        os.environ.update(broken.machine.environment, SLIPWAY_ENVIRONMENTS=str(broken.environments))
        monkeypatch.setattr(sys, "argv", ["slipway", "explain", endpoint, "--json"])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        assert (ended.value.code, told.err) == (1, "")
        return dict(json.loads(told.out))

    yield explain
    os.environ.clear()
    os.environ.update(before)


def ask(project: Project, body: str) -> tuple[int, str]:
    """The status and the text that the container of clumsy answered, or SageMaker in its place."""
    runtime = project.machine.client("sagemaker-runtime")
    name = f"{PREFIX}clumsy-serverless"
    try:
        answer = runtime.invoke_endpoint(EndpointName=name, ContentType="text/plain", Body=body)
    except ClientError as error:
        return error.response["OriginalStatusCode"], error.response["OriginalMessage"]
    return 200, answer["Body"].read().decode()


EXPECTED = {
    "raises": ("model-fn-raised", "model_fn raised FileNotFoundError: vocabulary.txt", "in model_fn"),
    "missing": ("handler-not-imported", "No module named 'no_such_package'", "import no_such_package"),
    "greedy": ("out-of-memory", "while it loaded the model", "allocate memory"),
    "unmet": ("requirements", "slipway-has-no-such-package==1.0", "No matching distribution found"),
    "misspelt": ("server-ended-at-start", "did you mean workers?", "serving.worker is unknown"),
    "torn": ("model-archive-broken", "it is no whole tar.gz archive", "Failed to extract model data archive"),
    "denied": ("model-data-not-readable", f"denied.tar.gz, which is there, as {DENIED}", "Could not access model"),
    "gone": ("model-data-missing", f"there is no s3://{BUCKET}/gone.tar.gz", "Could not access model data"),
    "odd": ("as-aws-says", "ROLLBACK_COMPLETE. AWS says: ", "ProvisionedConcurrency"),
    "huge": ("image-unfit", "larger than serverless hosting takes", f"Image size {HUGE} is greater than"),
    "limited": ("quota-exceeded", f"the quota '{LIMITED} for endpoint usage' of", "current utilization of 0"),
    "short": ("no-capacity", f"AWS has no free {SHORT} in us-east-1", "InsufficientInstanceCapacity"),
    "imageless": ("image-missing", f"SageMaker finds no image {NO_IMAGE}", "Requested image"),
    "rolled": ("model-fn-raised", "model_fn raised FileNotFoundError: vocabulary.txt", "ping health check"),
    "hanging": ("never-answered-ping", "the last that it wrote is: reading 7 GB", "ping health check"),
}


def test_one_that_works_is_told_in_one_line_and_then_every_kind_of_failed_request(
    broken: Project, explained: Callable[[str], dict[str, Any]]
) -> None:
    well = broken.slipway("explain", "clumsy")
    assert (
        well.stdout
        == "broken-local-clumsy-serverless: in service, with what was deployed; no request came since 1h\n"
    )

    assert ask(broken, "well") == (200, "well")
    assert ask(broken, "unreadable")[0] == 400
    assert ask(broken, "raise")[0] == 500
    assert ask(broken, "memory")[0] == 500
    assert ask(broken, "x" * 1001)[0] == 413  # of the container
    assert ask(broken, "long")[0] == 413  # of SageMaker, for the answer
    with ThreadPoolExecutor(5) as clients:
        answers = list(clients.map(lambda _: ask(broken, "slow"), range(5)))
    assert {status for status, _ in answers} == {503, 504}
    # Those are refused that come before another process holds the model.
    for end in ("kill", "exit"):
        assert any("ended during this request" in ask(broken, end)[1] for _ in range(100))

    found = {finding["cause"]: finding for finding in explained("clumsy")["findings"]}
    assert set(found) == {
        "answer-too-large",
        "at-capacity",
        "handler-raised",
        "out-of-memory",
        "payload-too-large",
        "requests-refused",
        "timed-out",
        "worker-crashed",
    }
    assert "ended with exit status 3, 1 time; 2 requests" in found["worker-crashed"]["summary"]
    assert "1 request found no memory; 1 worker process killed by signal 9" in found["out-of-memory"]["summary"]
    assert "KeyError" in found["handler-raised"]["evidence"][0]["text"]
    assert "did not end within 5 s" in found["timed-out"]["evidence"][0]["text"]
    assert "more than the 1000 bytes" in found["payload-too-large"]["summary"]
    assert "4194305 bytes" in found["answer-too-large"]["summary"]
    assert "no such word" in found["requests-refused"]["summary"]


@pytest.mark.parametrize("endpoint", EXPECTED)
def test_a_deployment_that_failed_is_told_with_its_cause(
    broken: Project, explained: Callable[[str], dict[str, Any]], endpoint: str
) -> None:
    if endpoint == "hanging":
        ByHand(broken.machine).settle(f"{PREFIX}hanging-real-time")
    cause, says, quoted = EXPECTED[endpoint]
    told = explained(endpoint)
    [finding] = told["findings"]
    assert told["state"] == "failed"
    assert finding["cause"] == cause
    assert says in finding["summary"]
    assert quoted in "\n".join(quote["text"] for quote in finding["evidence"])
    assert finding["mend"]
    assert told["unread"] == []
    # The others' log groups went with their stacks.
    has_log = endpoint in {*BY_HAND, "hanging"} - {"torn"}
    assert ("log group" in {place["what"] for place in told["where"]}) is has_log


def test_one_that_is_still_made_is_told(broken: Project, explained: Callable[[str], dict[str, Any]]) -> None:
    name, by_hand = f"{PREFIX}loading-serverless", ByHand(broken.machine)
    fifo = broken.folder / "seven-gigabytes"
    os.mkfifo(fifo)
    end = os.open(fifo, os.O_RDWR)  # which waits for no reader
    try:
        by_hand.create(name, tarball(LOADS.format(path=str(fifo))))
        told = explained("loading")
    finally:
        os.write(end, bytes(1000))  # one for each process that loads the model
        by_hand.settle(name)
        os.close(end)
    [finding] = told["findings"]
    assert (told["state"], finding["cause"]) == ("changing", "still-changing")
    assert f"{name} is Creating since" in finding["summary"]
    assert finding["mend"] == "Wait, and see slipway status loading --env local"
    assert "in service" in broken.slipway("explain", "loading").stdout


def test_the_mend_of_a_taken_name_brings_it_into_service_and_its_deletion_by_hand_is_told(
    broken: Project, explained: Callable[[str], dict[str, Any]]
) -> None:
    [finding] = explained("taken")["findings"]
    assert finding["cause"] == "name-taken"
    assert TAKEN in finding["evidence"][0]["text"]
    remove, deploy = finding["mend"].split("; then ")
    assert f"logs delete-log-group --log-group-name {TAKEN}" in remove
    assert deploy == "slipway local run -- cdk deploy Broken-local-taken -c env=local"

    broken.machine.client("logs").delete_log_group(logGroupName=TAKEN)
    broken.cdk("deploy", broken.stack("taken"), "--exclusively", "--require-approval", "never")
    name = f"{PREFIX}taken-serverless"
    healthy = broken.slipway("explain", "taken")
    assert healthy.stdout == f"{name}: in service, with what was deployed; no request came since 1h\n"

    sagemaker = broken.machine.client("sagemaker")
    sagemaker.delete_endpoint(EndpointName=name)
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    told = explained("taken")
    [finding] = told["findings"]
    assert (told["state"], finding["cause"]) == ("deleted", "deleted-by-other-means")
    assert name in finding["summary"]
    assert finding["mend"].endswith(deploy)


def test_a_destroy_that_failed_is_told_with_what_is_left(
    broken: Project, explained: Callable[[str], dict[str, Any]]
) -> None:
    cloudformation, s3 = (broken.machine.client(service) for service in ("cloudformation", "s3"))
    stack, bucket = broken.stack("full"), "broken-is-full"
    resources = {"Answers": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}}}
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": resources}))
    waited = {"Delay": 1, "MaxAttempts": 120}
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig=waited)
    s3.put_object(Bucket=bucket, Key="answer", Body=b"1")
    cloudformation.delete_stack(StackName=stack)
    with pytest.raises(WaiterError, match="DELETE_FAILED"):
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig=waited)
    told = explained("full")
    s3.delete_object(Bucket=bucket, Key="answer")
    broken.remove("full")
    [finding] = told["findings"]
    assert (told["state"], finding["cause"]) == ("not deployed", "deletion-failed")
    assert "could not delete Answers (AWS::S3::Bucket)" in finding["summary"]
    assert "not empty" in finding["evidence"][0]["text"]
    assert finding["mend"].endswith("slipway local run -- cdk destroy Broken-local-full -c env=local")


def test_one_that_was_never_deployed_is_told(broken: Project) -> None:
    ran = broken.slipway("explain", "never", check=False)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout.splitlines() == [
        "cause    never is not deployed in environment local: there is no stack Broken-local-never [not-deployed]",
        "mend     Deploy it: slipway local run -- cdk deploy Broken-local-never -c env=local",
    ]
