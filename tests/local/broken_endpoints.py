"""Endpoints that are broken on purpose, made without CloudFormation, of tarballs packed by hand."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import WaiterError

from stacks.names import LOG_GROUPS

BUCKET = "explained-models"
ROLE = "explained-endpoints"
PREFIX = "broken-local-"  # of the endpoints' names
_IMAGE = "1.dkr.ecr.us-east-1.amazonaws.com/own:1"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
_READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}],
}
SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
INSTANCE = {
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
    "ContainerStartupHealthCheckTimeoutInSeconds": 60,
}


def tarball(handler: str, requirements: str | None = None, **serving: Any) -> bytes:
    """A package with a handler alone, and with the settings of `serving` in model.yaml."""
    files = {"code/inference.py": handler, "serving.json": json.dumps({"serving": serving})}
    if requirements:
        files["code/requirements.txt"] = requirements
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return written.getvalue()


@dataclass
class ByHand:
    """Makes endpoints by SageMaker's API, and takes them away."""

    machine: Any

    def begin(self) -> None:
        """Make a bucket, a role that may read it, and one that may do nothing."""
        self.machine.client("s3").create_bucket(Bucket=BUCKET)
        iam = self.machine.client("iam")
        for role in (ROLE, f"{ROLE}-denied"):
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(_TRUST))
        iam.put_role_policy(RoleName=ROLE, PolicyName="read", PolicyDocument=json.dumps(_READ))

    def upload(self, key: str, body: bytes) -> str:
        """Put a tarball into the bucket."""
        self.machine.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def create(self, name: str, body: bytes, hosting: dict[str, Any] = SERVERLESS) -> None:
        """Begin to make an endpoint."""
        sagemaker = self.machine.client("sagemaker")
        url = self.upload(f"{name}.tar.gz", body)
        sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=f"arn:aws:iam::000000000000:role/{ROLE}",
            PrimaryContainer={"Image": _IMAGE, "ModelDataUrl": url},
        )
        variant = {"VariantName": "AllTraffic", "ModelName": name, "InitialVariantWeight": 1, **hosting}
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)

    def settle(self, name: str) -> None:
        """Wait until an endpoint is in service or has failed."""
        waiter = self.machine.client("sagemaker").get_waiter("endpoint_in_service")
        try:
            waiter.wait(EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 240})
        except WaiterError as error:
            assert error.last_response["EndpointStatus"] == "Failed", error  # noqa: PT017 - what a waiter says

    def remove(self) -> None:
        """Take everything away again."""
        sagemaker, s3, iam = (self.machine.client(service) for service in ("sagemaker", "s3", "iam"))
        for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            name = item["Key"].removesuffix(".tar.gz")
            s3.delete_object(Bucket=BUCKET, Key=item["Key"])
            if sagemaker.list_endpoints(NameContains=name)["Endpoints"]:
                self.settle(name)
                sagemaker.delete_endpoint(EndpointName=name)
                sagemaker.delete_endpoint_config(EndpointConfigName=name)
                sagemaker.delete_model(ModelName=name)
        s3.delete_bucket(Bucket=BUCKET)
        logs = self.machine.client("logs")
        for group in logs.describe_log_groups(logGroupNamePrefix=f"{LOG_GROUPS}{PREFIX}")["logGroups"]:
            logs.delete_log_group(logGroupName=group["logGroupName"])
        iam.delete_role_policy(RoleName=ROLE, PolicyName="read")
        for role in (ROLE, f"{ROLE}-denied"):
            iam.delete_role(RoleName=role)
