"""Plants what an environment might leave behind, by boto3 alone."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from stacks.names import Names

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
ALLOWED = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312-ubuntu22.04-sagemaker"
SUFFIX = "ABCDEF123456"
Planted = set[tuple[str, str]]


@dataclass
class Planter:
    """Plants resources under one environment's names; each method returns their kinds and names.

    Parameters
    ----------
    client
        Makes boto3 clients.
    names
        Of the environment.
    """

    client: Callable[[str], Any]
    names: Names
    endpoint: str = "scores"

    @property
    def stack(self) -> str:
        return self.names.endpoint_stack(self.endpoint)

    @property
    def endpoint_name(self) -> str:
        return self.names.endpoint(self.endpoint, "real-time")

    def everything(self, *, with_endpoint: bool = True) -> Planted:
        """Plant all there is; an endpoint, which takes the longest, where it is wanted."""
        hosted = (self.hosting, self.scaling) if with_endpoint else ()
        plants = (self.storage, self.watching, *hosted, self.rights, self.rest)
        return {found for plant in plants for found in plant()}

    def storage(self) -> Iterator[tuple[str, str]]:
        """A bucket with older versions, a marker of a deletion and an unfinished upload; images; a template."""
        s3, ecr = self.client("s3"), self.client("ecr")
        if self.names.bucket not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
            s3.create_bucket(Bucket=self.names.bucket)
        s3.put_bucket_versioning(Bucket=self.names.bucket, VersioningConfiguration={"Status": "Enabled"})
        for content in (b"one", b"two"):
            s3.put_object(Bucket=self.names.bucket, Key="models/scores/a.tar.gz", Body=content)
        s3.delete_object(Bucket=self.names.bucket, Key="models/scores/a.tar.gz")
        s3.put_object(Bucket=self.names.bucket, Key="models/scores/model.tar.gz", Body=broken_model())
        s3.create_multipart_upload(Bucket=self.names.bucket, Key="models/scores/unfinished.tar.gz")
        yield "bucket", self.names.bucket
        ecr.create_repository(repositoryName=self.names.repository)
        manifest = json.dumps(
            {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json"}
        )
        ecr.put_image(repositoryName=self.names.repository, imageManifest=manifest, imageTag="one")
        yield "repository", self.names.repository
        assets = f"cdk-hnb659fds-assets-{self.names.account}-{self.names.region}"
        template = {"Description": f"Slipway: the model artifacts of {self.names.prefix}", "Resources": {}}
        key = f"{self.names.prefix.encode().hex():0<64.64}.json"
        s3.put_object(Bucket=assets, Key=key, Body=json.dumps(template, indent=1).encode())
        yield "template", f"s3://{assets}/{key}"

    def hosting(self) -> Iterator[tuple[str, str]]:
        """A model that never loads, its config, and an endpoint that fails."""
        sagemaker, iam = self.client("sagemaker"), self.client("iam")
        role, model = f"{self.stack}-ExecutionRole-{SUFFIX}", f"{self.stack}-Model-{SUFFIX}"
        config = f"{self.stack}-EndpointConfig-{SUFFIX}"
        arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        iam.put_role_policy(RoleName=role, PolicyName="Inline", PolicyDocument=ALLOWED)
        yield "role", role
        location = f"s3://{self.names.bucket}/models/scores/model.tar.gz"
        sagemaker.create_model(
            ModelName=model, ExecutionRoleArn=arn, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": location}
        )
        yield "model", model
        variant = {"VariantName": "AllTraffic", "ModelName": model, "InitialInstanceCount": 1}
        sagemaker.create_endpoint_config(
            EndpointConfigName=config, ProductionVariants=[{**variant, "InstanceType": "ml.c7i.large"}]
        )
        yield "endpoint config", config
        sagemaker.create_endpoint(EndpointName=self.endpoint_name, EndpointConfigName=config)
        yield "endpoint", self.endpoint_name

    def scaling(self) -> Iterator[tuple[str, str]]:
        """A target, and a policy, which makes two alarms."""
        autoscaling = self.client("application-autoscaling")
        dimension = "sagemaker:variant:DesiredInstanceCount"
        resource = f"endpoint/{self.endpoint_name}/variant/AllTraffic"
        place = {"ServiceNamespace": "sagemaker", "ResourceId": resource, "ScalableDimension": dimension}
        autoscaling.register_scalable_target(**place, MinCapacity=1, MaxCapacity=2)
        yield "scaling target", f"{resource} {dimension}"
        metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
        made = autoscaling.put_scaling_policy(
            PolicyName="requests",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={"TargetValue": 5.0, "PredefinedMetricSpecification": metric},
            **place,
        )
        yield "scaling policy", f"requests {dimension}"
        for alarm in made["Alarms"]:
            yield "alarm", alarm["AlarmName"]

    def watching(self) -> Iterator[tuple[str, str]]:
        """An alarm, a dashboard, log groups, one of which the container writes to as well, and a topic."""
        cloudwatch, logs = self.client("cloudwatch"), self.client("logs")
        alarm, topic = f"{self.stack}-ErrorsAlarm-{SUFFIX}", f"{self.stack}-AlarmTopic-{SUFFIX}"
        cloudwatch.put_metric_alarm(
            AlarmName=alarm,
            Namespace="AWS/SageMaker",
            MetricName="Invocations",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanThreshold",
        )
        yield "alarm", alarm
        dashboard = self.names.dashboard(self.endpoint)
        cloudwatch.put_dashboard(DashboardName=dashboard, DashboardBody=json.dumps({"widgets": []}))
        yield "dashboard", dashboard
        for group in (
            self.names.log_group(self.endpoint, "serverless"),
            self.names.log_group(self.endpoint, "real-time"),
            f"/aws/lambda/{self.names.artifact_stack}-Emptier-{SUFFIX}",
        ):
            logs.create_log_group(logGroupName=group)
            logs.create_log_stream(logGroupName=group, logStreamName="one")
            yield "log group", group
        self.client("sns").create_topic(Name=topic)
        yield "topic", topic

    def rights(self) -> Iterator[tuple[str, str]]:
        """A managed policy with an older version, that a role of somebody's has, and a role with a policy."""
        iam = self.client("iam")
        policy, role = f"{self.stack}-CallersPolicy-{SUFFIX}", f"{self.stack}-Other-{SUFFIX}"
        arn = iam.create_policy(PolicyName=policy, PolicyDocument=ALLOWED)["Policy"]["Arn"]
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=ALLOWED, SetAsDefault=True)
        caller = f"caller-of-{self.names.prefix}"
        for name in (caller, role):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        yield "managed policy", policy
        yield "role", role

    def rest(self) -> Iterator[tuple[str, str]]:
        """Parameters, that of a former endpoint as well, a function and a key."""
        for parameter in (self.names.parameter("former"), self.names.training_role_parameter):
            self.client("ssm").put_parameter(Name=parameter, Type="String", Value="x")
            yield "parameter", parameter
        function = f"{self.names.artifact_stack}-Emptier-{SUFFIX}"
        self.client("lambda").create_function(
            FunctionName=function,
            Runtime="nodejs22.x",
            Handler="index.handler",
            Role=f"arn:aws:iam::{self.names.account}:role/somebodys",
            Code={"ZipFile": empty_function()},
        )
        yield "function", function
        description = f"Encrypts the artifact bucket of {self.names.prefix}"
        yield "key", self.client("kms").create_key(Description=description)["KeyMetadata"]["KeyId"]


def broken_model() -> bytes:
    """A tarball whose handler cannot be imported: its container ends at once."""
    return _tarball("code/inference.py", b"raise SystemExit\n")


def _tarball(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tarball:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tarball.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def empty_function() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.js", "exports.handler = async () => {};\n")
    return packed.getvalue()
