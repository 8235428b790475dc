"""Strict mode: the real CDK CLI, callers and roles of their own, with IAM enforced over TLS."""

from __future__ import annotations

import base64
import functools
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore
import pytest
import yaml
from botocore.config import Config
from botocore.exceptions import ClientError

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT, REGION = "000000000000", "us-east-1"
NAME = "strict-local-scores-serverless"
BUCKET = f"strict-local-artifacts-{ACCOUNT}-{REGION}"
ROW = json.dumps([[1.0] * 10])
AT_ONCE = ("--concurrency", "3")
DENIED = "strict-local-denied-real-time"
ROLELESS = "Strict-local-roleless"
DEADLINE = 60.0  # seconds
ON_AN_INSTANCE = {"instance_type": "ml.c7i.large"}
FEATURED: dict[str, dict[str, Any]] = {
    "captured": {
        "hosting": {"type": "real-time", **ON_AN_INSTANCE},
        "data_capture": {"initial_sampling_percentage": 100},
        "encryption": {"volume": "made", "data_capture": "made", "topics": "made"},
        "observability": {"alarm_topic": "made"},
    },
    "queued": {
        "hosting": {
            "type": "async",
            **ON_AN_INSTANCE,
            "success_topic": "made",
            "error_topic": "made",
            "autoscaling": {"max_capacity": 2, "target_value": 5},
        },
    },
}  # beside the endpoint `scores`, all that resources and permissions of their own come with
GITHUB = {"repository": "octo-org@123456/octo-repo@456789", "environment": "prod"}
JOB = "repo:octo-org@123456/octo-repo@456789:environment:prod"


@dataclass
class StrictAws:
    """A local AWS in strict mode with a project, driven through the command line."""

    folder: Path
    port: int
    project: Path

    def slipway(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        own = {
            "SLIPWAY_LOCAL_FOLDER": str(self.folder),
            "SLIPWAY_LOCAL_PORT": str(self.port),
            "SLIPWAY_ENVIRONMENTS": str(self.project / "environments"),
        }
        done = subprocess.run(
            [ROOT / ".venv" / "bin" / "slipway", *arguments],
            cwd=ROOT,
            env={**os.environ, **own, "PATH": f"{ROOT}/.venv/bin:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def cdk(self, *arguments: str, key: dict[str, str] | None = None) -> None:
        """Run the CDK CLI with an access key; without one, with that of `slipway local run`."""
        names = {"AWS_ACCESS_KEY_ID": "AccessKeyId", "AWS_SECRET_ACCESS_KEY": "SecretAccessKey"}
        own = [f"{name}={key[member]}" for name, member in names.items()] if key else []
        context = ["-c", "env=local", "-c", f"environments={self.project / 'environments'}"]
        output = ["--output", str(self.project / "cdk.out"), "--no-color"]
        self.slipway("local", "run", "--", "env", *own, "cdk", *arguments, *context, *output)

    def variables(self) -> dict[str, str]:
        """Return what `slipway local run` sets."""
        show = "import json, os; print(json.dumps(dict(os.environ)))"
        return dict(json.loads(self.slipway("local", "run", "--", "python", "-c", show).stdout))

    @functools.cached_property
    def administrator(self) -> dict[str, str]:
        return self.variables()

    def client(self, service: str, key: dict[str, str] | None = None, **more: Any) -> Any:
        """Make a client with an access key of IAM's; without one, with that of `slipway local run`."""
        own = self.administrator
        own_key = {"AccessKeyId": own["AWS_ACCESS_KEY_ID"], "SecretAccessKey": own["AWS_SECRET_ACCESS_KEY"]}
        key = key or own_key
        return boto3.session.Session().client(
            service,
            endpoint_url=f"https://127.0.0.1:{self.port}",
            region_name=REGION,
            verify=own["AWS_CA_BUNDLE"],
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            **more,
        )


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StrictAws]:
    """Start a strict local AWS, and deploy a project with the roles of the bootstrap."""
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "model_code" / "linear", project / "model")
    hosting = {"type": "serverless", "memory_size_in_mb": 2048, "max_concurrency": 5}
    one = {"model": str(project / "model"), "container": "slim"}
    endpoints = {name: {**one, **own} for name, own in {"scores": {"hosting": hosting}, **FEATURED}.items()}
    settings = {"project": "strict", "account": ACCOUNT, "region": REGION, "removal": "destroy", "github": GITHUB}
    (project / "environments").mkdir()
    content = yaml.safe_dump({**settings, "endpoints": endpoints})
    (project / "environments" / "local.yaml").write_text(content)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = StrictAws(tmp_path_factory.mktemp("strict"), port, project)
    made.slipway("local", "up", "--strict")
    made.cdk("deploy", "--all", "--require-approval", "never", *AT_ONCE)
    yield made
    made.slipway("local", "down", "--purge")


def refused(call: Callable[..., Any], **request: Any) -> tuple[str, str, int]:
    """Return code, message and status of a request that is refused."""
    with pytest.raises(ClientError) as raised:
        call(**request)
    answer = raised.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def denial(user: str, action: str, resource: str) -> str:
    """Return what AWS says to a user whose policies do not allow something."""
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{resource}"
    return (
        f"User: arn:aws:iam::{ACCOUNT}:user/{user} is not authorized to perform: {action} on resource: {arn}"
        f" because no identity-based policy allows the {action} action"
    )


def invoke(client: Any, **request: Any) -> list[list[float]]:
    answer = client.invoke_endpoint(EndpointName=NAME, ContentType="application/json", Body=ROW, **request)
    return list(json.loads(answer["Body"].read()))


def test_a_deployment_and_an_update_pass_with_the_stacks_own_roles(aws: StrictAws) -> None:
    status = json.loads(aws.slipway("local", "status", "--json").stdout)
    assert status["running"]["strict"] is True
    assert status["running"]["url"] == f"https://127.0.0.1:{aws.port}"
    assert aws.client("sts").get_caller_identity()["Arn"].endswith(":user/slipway-administrator")
    before = json.loads(aws.slipway("invoke", "scores", "--data", ROW).stdout)
    # What the container says comes to the log group with the execution role's rights.
    assert '"event": "ready"' in aws.slipway("local", "logs", "scores").stdout
    model = aws.project / "model" / "model.py"
    model.write_text(model.read_text().replace("manual_seed(0)", "manual_seed(1)"))
    shutil.rmtree(model.parent / "samples")  # they say what the model answered before
    # All that docs/permissions.md asks of the user who deploys.
    roles = f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-*-role-{ACCOUNT}-{REGION}"
    assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": roles}
    iam = aws.client("iam")
    iam.create_user(UserName="deployer")
    document = json.dumps({"Version": "2012-10-17", "Statement": [assume]})
    iam.put_user_policy(UserName="deployer", PolicyName="deploys", PolicyDocument=document)
    key = iam.create_access_key(UserName="deployer")["AccessKey"]

    aws.cdk("deploy", "--all", "--require-approval", "never", *AT_ONCE, key=key)

    assert invoke(aws.client("sagemaker-runtime")) != before


def test_captures_and_answers_are_written_with_the_roles_rights(aws: StrictAws) -> None:
    answer = json.loads(aws.slipway("invoke", "queued", "--data", ROW).stdout)
    assert json.loads(aws.slipway("invoke", "captured", "--data", ROW).stdout) == answer
    for name in FEATURED:
        aws.slipway("status", name)
    s3, deadline = aws.client("s3"), time.monotonic() + DEADLINE
    while not s3.list_objects_v2(Bucket=BUCKET, Prefix="captures/captured/").get("Contents"):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_callers_policy_allows_to_find_and_invoke_this_endpoint_and_nothing_else(aws: StrictAws) -> None:
    iam, cloudformation = aws.client("iam"), aws.client("cloudformation")
    outputs = cloudformation.describe_stacks(StackName="Strict-local-scores")["Stacks"][0]["Outputs"]
    (policy,) = [o["OutputValue"] for o in outputs if o["OutputKey"] == "CallerPolicyArn"]
    iam.create_user(UserName="caller")
    iam.attach_user_policy(UserName="caller", PolicyArn=policy)
    key = iam.create_access_key(UserName="caller")["AccessKey"]
    runtime, sagemaker = aws.client("sagemaker-runtime", key), aws.client("sagemaker", key)

    found = aws.client("ssm", key).get_parameter(Name="/strict/local/scores/endpoint-name")
    assert found["Parameter"]["Value"] == NAME
    assert sum(invoke(runtime)[0]) == pytest.approx(1)

    code, message, status = refused(runtime.invoke_endpoint, EndpointName="another", Body=ROW)
    assert (code, status) == ("AccessDeniedException", 403)
    assert message == denial("caller", "sagemaker:InvokeEndpoint", "endpoint/another")
    code, message, status = refused(sagemaker.delete_endpoint, EndpointName=NAME)
    assert (code, status) == ("AccessDeniedException", 400)
    assert message == denial("caller", "sagemaker:DeleteEndpoint", f"endpoint/{NAME}")
    assert refused(aws.client("ssm", key).get_parameter, Name="/other")[0] == "AccessDeniedException"
    # Nobody is taken for whom they say they are.
    guesses = [{**key, "SecretAccessKey": "a guess"}, {"AccessKeyId": ACCOUNT, "SecretAccessKey": "local"}]
    for guess in guesses:
        asked = aws.client("sagemaker-runtime", guess).invoke_endpoint
        assert refused(asked, EndpointName=NAME, Body=ROW)[0] == "InvalidSignatureException"
        listed = aws.client("sagemaker", guess).list_endpoints
        assert refused(listed)[0] == "InvalidSignatureException"
    unsigned = aws.client("sagemaker-runtime", key, config=Config(signature_version=botocore.UNSIGNED))
    asked = unsigned.invoke_endpoint
    assert refused(asked, EndpointName=NAME, Body=ROW)[0] == "MissingAuthenticationTokenException"


def token(subject: str, audience: str = "sts.amazonaws.com") -> str:
    """Return a token as GitHub gives one to a job; nobody here looks at its signature."""
    claims = {"iss": "https://token.actions.githubusercontent.com", "aud": audience, "sub": subject}
    parts = (json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "c2ln"])


def test_a_job_of_github_takes_the_roles_that_deploy_and_asks_the_endpoint(aws: StrictAws) -> None:
    outputs = aws.client("cloudformation").describe_stacks(StackName="Strict-local-github")["Stacks"][0]["Outputs"]
    (role,) = [o["OutputValue"] for o in outputs if o["OutputKey"] == "DeployRoleArn"]
    take = functools.partial(aws.client("sts").assume_role_with_web_identity, RoleArn=role, RoleSessionName="job")
    others = [token(f"{JOB}-eu"), token(JOB.replace("environment:prod", "pull_request")), token(JOB, "others")]
    for other in others:
        assert refused(take, WebIdentityToken=other)[0] == "AccessDenied"

    key = take(WebIdentityToken=token(JOB))["Credentials"]
    session = {"aws_session_token": key["SessionToken"]}
    assume = functools.partial(aws.client("sts", key, **session).assume_role, RoleSessionName="job")
    bootstrap = f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-{{}}-role-{ACCOUNT}-{REGION}"
    for kind in ("deploy", "file-publishing", "image-publishing", "lookup"):
        assert assume(RoleArn=bootstrap.format(kind))["Credentials"]
    assert refused(assume, RoleArn=bootstrap.format("cfn-exec"))[0] == "AccessDenied"
    found = aws.client("ssm", key, **session).get_parameter(Name="/strict/local/scores/endpoint-name")
    assert found["Parameter"]["Value"] == NAME
    assert sum(invoke(aws.client("sagemaker-runtime", key, **session))[0]) == pytest.approx(1)
    assert refused(aws.client("sagemaker", key, **session).list_endpoints)[0] == "AccessDeniedException"


@dataclass
class Hosting:
    """A role of the test's own, with what SageMaker makes of it."""

    aws: StrictAws
    name: str
    statements: dict[str, dict[str, Any]]

    def __post_init__(self) -> None:
        self.iam, self.sagemaker = self.aws.client("iam"), self.aws.client("sagemaker")
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = self.iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=document)
        self.arn = role["Role"]["Arn"]
        for name in self.statements:
            self.allow(name)
        (model,) = self.sagemaker.list_models(NameContains="Strict-local-scores")["Models"]
        self.container = self.sagemaker.describe_model(ModelName=model["ModelName"])["PrimaryContainer"]

    def allow(self, name: str) -> None:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **self.statements[name]}]}
        self.iam.put_role_policy(RoleName=self.name, PolicyName=name, PolicyDocument=json.dumps(document))

    def deny(self, name: str) -> None:
        self.iam.delete_role_policy(RoleName=self.name, PolicyName=name)

    def create_model(self) -> None:
        self.sagemaker.create_model(
            ModelName=self.name, ExecutionRoleArn=self.arn, PrimaryContainer=self.container
        )

    def deploy(self, name: str, look: Callable[[], Any] = lambda: None) -> dict[str, Any]:
        """Make an endpoint, wait until it is settled, and look; what is described is deleted again."""
        variant = {"VariantName": "primary", "ModelName": self.name, "InstanceType": "ml.m5.large"}
        variants = [{**variant, "InitialInstanceCount": 1}]
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        deadline = time.monotonic() + DEADLINE
        while (found := self.sagemaker.describe_endpoint(EndpointName=name))["EndpointStatus"] == "Creating":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        look()
        self.sagemaker.delete_endpoint(EndpointName=name)
        self.sagemaker.delete_endpoint_config(EndpointConfigName=name)
        return dict(found)


@pytest.fixture
def cause(aws: StrictAws) -> Iterator[Callable[[str], tuple[str, str]]]:
    """Ask `slipway explain` about an endpoint that no deployment made: its cause, and the summary."""
    file = aws.project / "environments" / "local.yaml"
    before = file.read_text()
    settings = yaml.safe_load(before)
    one = settings["endpoints"]["scores"]
    on_an_instance = {**one, "hosting": {"type": "real-time", "instance_type": "ml.m5.large"}}
    settings["endpoints"] |= {"denied": on_an_instance, "roleless": one}
    file.write_text(yaml.safe_dump(settings))

    def ask(endpoint: str) -> tuple[str, str]:
        done = aws.slipway("explain", endpoint, "--json", check=False)
        [finding] = json.loads(done.stdout)["findings"]
        return finding["cause"], finding["summary"]

    yield ask
    file.write_text(before)


def test_a_container_is_started_with_the_execution_roles_rights(
    aws: StrictAws, cause: Callable[[str], tuple[str, str]]
) -> None:
    pull = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:GetAuthorizationToken"]
    hosting = Hosting(
        aws,
        "of-the-test",
        {
            "read": {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"},
            "pull": {"Action": pull, "Resource": "*"},
        },
    )

    hosting.deny("read")
    code, message, _ = refused(hosting.create_model)
    assert code == "ValidationException"
    assert 'ensure that the role has "s3:GetObject" permissions' in message

    hosting.allow("read")
    hosting.create_model()
    # A role that may not write logs runs the model all the same.
    assert hosting.deploy("without-logs")["EndpointStatus"] == "InService"

    hosting.deny("read")
    causes: list[tuple[str, str]] = []
    failed = hosting.deploy(DENIED, lambda: causes.append(cause("denied")))
    assert failed["EndpointStatus"] == "Failed"
    assert "Failed to download model data" in failed["FailureReason"]

    hosting.allow("read")
    hosting.deny("pull")
    failed = hosting.deploy(DENIED, lambda: causes.append(cause("denied")))
    assert failed["FailureReason"] == (
        f"The role '{hosting.arn}' does not have BatchGetImage permission for the image:"
        f" '{hosting.container['Image']}'."
    )
    image, url = hosting.container["Image"], hosting.container["ModelDataUrl"]
    there = f"{url}, which is there, as the execution role"
    assert causes == [
        ("model-data-not-readable", f"SageMaker could not download {there}: most likely access denied"),
        ("access-denied", f"Access denied: {hosting.arn} may not do ecr:BatchGetImage on {image}"),
    ]
    hosting.sagemaker.delete_model(ModelName=hosting.name)


@pytest.fixture
def parameter_stack(aws: StrictAws) -> Iterator[Callable[..., tuple[str, list[str]]]]:
    """Make a stack with a parameter and a Model; returns how it ended, and the reasons of its failures."""
    admin, made = aws.client("cloudformation"), []
    parameter = {"Name": "/of-the-test/first", "Type": "String", "Value": "1"}
    container = {"Image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/none:1"}
    model = {
        "ModelName": "of-the-stack",
        "ExecutionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/x",
        "PrimaryContainer": container,
    }
    resources = {
        "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": parameter},
        "Model": {"Type": "AWS::SageMaker::Model", "Properties": model, "DependsOn": "Parameter"},
    }

    def make(client: Any, name: str, **request: Any) -> tuple[str, list[str]]:
        client.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}), **request)
        made.append(name)
        deadline = time.monotonic() + DEADLINE
        while (status := admin.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]).endswith("_PROGRESS"):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        events = admin.describe_stack_events(StackName=name)["StackEvents"]
        failed = [e["ResourceStatusReason"] for e in events if e["ResourceStatus"].endswith("_FAILED")]
        return status, failed

    yield make
    for name in made:
        admin.delete_stack(StackName=name)


def test_a_stack_acts_with_its_role_or_with_the_callers_rights(
    aws: StrictAws,
    parameter_stack: Callable[..., tuple[str, list[str]]],
    cause: Callable[[str], tuple[str, str]],
) -> None:
    iam = aws.client("iam")
    parameters = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/of-the-test/*"
    of_parameters = {"Effect": "Allow", "Action": ["ssm:PutParameter", "ssm:DeleteParameter"]}
    of_stacks = {"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*"}
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudformation.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }

    def document(*statements: Any) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": statements})

    role = iam.create_role(RoleName="makes-stacks", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    allowed = document({**of_parameters, "Resource": parameters})
    iam.put_role_policy(RoleName="makes-stacks", PolicyName="own", PolicyDocument=allowed)
    iam.create_user(UserName="stacker")
    iam.put_user_policy(UserName="stacker", PolicyName="own", PolicyDocument=document(of_stacks))
    client = aws.client("cloudformation", iam.create_access_key(UserName="stacker")["AccessKey"])

    code, message, status = refused(client.create_stack, StackName="a", TemplateBody="{}", RoleARN=role)
    assert (code, status) == ("AccessDenied", 403)
    assert message.endswith(
        f":user/stacker is not authorized to perform: iam:PassRole on resource: {role}"
        " because no identity-based policy allows the iam:PassRole action"
    )
    other = f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-deploy-role-{ACCOUNT}-{REGION}"
    admin = aws.client("cloudformation")
    code, message, _ = refused(admin.create_stack, StackName="a", TemplateBody="{}", RoleARN=other)
    assert (code, message) == ("ValidationError", f"Role {other} is invalid or cannot be assumed")

    status_of_all, reasons = parameter_stack(admin, ROLELESS, RoleARN=role)
    assert status_of_all == "ROLLBACK_COMPLETE"
    model = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/of-the-stack"
    assert (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/makes-stacks/AWSCloudFormation is not authorized to perform:"
        f" sagemaker:CreateModel on resource: {model}"
        " because no identity-based policy allows the sagemaker:CreateModel action"
    ) in reasons[-1]
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/makes-stacks/AWSCloudFormation"
    assert cause("roleless") == (
        "access-denied",
        f"Access denied: {session} may not do sagemaker:CreateModel on {model}",
    )
    status_of_all, reasons = parameter_stack(client, "with-the-callers")
    assert status_of_all == "ROLLBACK_COMPLETE"
    assert (
        f":user/stacker is not authorized to perform: ssm:PutParameter on resource: {parameters[:-1]}"
        in reasons[-1]
    )


def test_an_image_is_pushed_with_the_rights_of_who_asked_for_the_password(aws: StrictAws, tmp_path: Path) -> None:
    iam, ecr = aws.client("iam"), aws.client("ecr")
    repository = ecr.create_repository(repositoryName="of-the-test")["repository"]
    ask = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
    layers = ["ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart"]
    calls = [*layers, "ecr:CompleteLayerUpload", "ecr:PutImage"]
    push = {"Effect": "Allow", "Action": calls, "Resource": repository["repositoryArn"]}
    iam.create_user(UserName="pusher")
    key = iam.create_access_key(UserName="pusher")["AccessKey"]
    environment = {**aws.variables(), "SLIPWAY_LOCAL_IMAGES": str(tmp_path / "images")}
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    registry, image = repository["repositoryUri"].partition("/")[0], f"{repository['repositoryUri']}:1"

    def docker(*arguments: str, password: str = "") -> subprocess.CompletedProcess[str]:
        command = [environment["CDK_DOCKER"], *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, input=password, capture_output=True, text=True, check=False
        )

    def pushed_with(*statements: Any) -> subprocess.CompletedProcess[str]:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName="pusher", PolicyName="own", PolicyDocument=document)
        data = aws.client("ecr", key).get_authorization_token()["authorizationData"][0]
        user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        docker("login", "--username", user, "--password-stdin", f"https://{registry}", password=password)
        return docker("push", image)

    docker("build", "--tag", image, "--file", "Dockerfile", "--platform", "linux/amd64", ".")

    done = pushed_with(ask)
    assert done.returncode == 1
    assert ":user/pusher is not authorized to perform: ecr:BatchCheckLayerAvailability" in done.stderr
    assert "Traceback" not in done.stderr
    done = pushed_with(ask, push)
    assert (done.returncode, done.stderr) == (0, "")
    assert ecr.describe_images(repositoryName="of-the-test")["imageDetails"][0]["imageTags"] == ["1"]
    ecr.delete_repository(repositoryName="of-the-test", force=True)


def test_a_destruction_leaves_nothing_and_the_mode_can_be_switched(aws: StrictAws) -> None:
    refused_switch = aws.slipway("local", "up", "--port", str(aws.port))
    assert "in strict mode. To leave it" in refused_switch.stderr

    aws.cdk("destroy", "--all", "--force", *AT_ONCE)

    stacks = aws.client("cloudformation").list_stacks()["StackSummaries"]
    ended = {s["StackStatus"] for s in stacks if s["StackName"].startswith("Strict-")}
    assert ended == {"DELETE_COMPLETE"}
    names = [
        *[bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]],
        *[role["RoleName"] for role in aws.client("iam").list_roles()["Roles"]],
        *[endpoint["EndpointName"] for endpoint in aws.client("sagemaker").list_endpoints()["Endpoints"]],
        *[model["ModelName"] for model in aws.client("sagemaker").list_models()["Models"]],
        *[group["logGroupName"] for group in aws.client("logs").describe_log_groups()["logGroups"]],
    ]
    assert [name for name in names if "strict-local" in name.lower()] == []

    aws.slipway("local", "down")
    aws.slipway("local", "up")  # the bootstrap is kept: nothing has to be made again

    status = json.loads(aws.slipway("local", "status", "--json").stdout)
    assert status["running"]["strict"] is False
    assert aws.variables()["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{aws.port}"
    switching = aws.slipway("local", "up", "--strict", check=False)
    assert switching.returncode == 1
    assert "slipway local down && slipway local up --strict" in switching.stderr
