"""Training jobs that still run, and what ended ones wrote to the log group that all jobs share."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.resource_kind import Pause, ResourceKind, is_gone, pages
from slipway.cleanup.resource import Resource
from stacks.names import Names

_LOG_GROUP = "/aws/sagemaker/TrainingJobs"
_RUNNING = {"InProgress", "Stopping"}
_SECONDS_BETWEEN_LOOKS = 5.0


def _jobs(clients: Clients, names: Names) -> Iterator[tuple[Resource, str]]:
    """Yield every job whose name begins like the environment's, with its status."""
    sagemaker = clients("sagemaker")
    try:
        found = list(pages(sagemaker, "list_training_jobs", "TrainingJobSummaries", NameContains=names.prefix))
    except ClientError as error:
        if error.response["Error"].get("Code") == "UnsupportedOperation":  # the local AWS trains nothing
            return
        raise
    for one in found:
        name = one["TrainingJobName"]
        output = sagemaker.describe_training_job(TrainingJobName=name)["OutputDataConfig"]["S3OutputPath"]
        yield Resource("training job", name, one["TrainingJobArn"], says=output), one["TrainingJobStatus"]


def _running_jobs(clients: Clients, names: Names) -> Iterator[Resource]:
    for job, status in _jobs(clients, names):
        if status in _RUNNING:
            yield job


def _logs(clients: Clients, names: Names) -> Iterator[Resource]:
    for job, status in _jobs(clients, names):
        if status not in _RUNNING and _streams(clients, job.name):
            yield Resource("training logs", job.name, says=job.says)


def _streams(clients: Clients, job: str) -> list[str]:
    place = {"logGroupName": _LOG_GROUP, "logStreamNamePrefix": f"{job}/"}
    try:
        found = list(pages(clients("logs"), "describe_log_streams", "logStreams", **place))
    except ClientError as error:
        if is_gone(error):
            return []
        raise
    return [one["logStreamName"] for one in found]


def _stop(clients: Clients, resource: Resource, pause: Pause) -> None:
    sagemaker = clients("sagemaker")
    if _status(clients, resource.name) == "InProgress":
        sagemaker.stop_training_job(TrainingJobName=resource.name)
    while _status(clients, resource.name) in _RUNNING:
        pause(_SECONDS_BETWEEN_LOOKS)


def _status(clients: Clients, job: str) -> str:
    return str(clients("sagemaker").describe_training_job(TrainingJobName=job)["TrainingJobStatus"])


def _remove_logs(clients: Clients, resource: Resource, _: Pause) -> None:
    for stream in _streams(clients, resource.name):
        clients("logs").delete_log_stream(logGroupName=_LOG_GROUP, logStreamName=stream)


def _logs_commands(clients: Clients, resource: Resource) -> tuple[str, ...]:
    return tuple(
        f"logs delete-log-stream --log-group-name {_LOG_GROUP} --log-stream-name {stream}"
        for stream in _streams(clients, resource.name)
    )


TRAINING_JOBS = ResourceKind(
    kind="training job",
    plural="training jobs",
    listed=_running_jobs,
    commands=lambda _, resource: (f"sagemaker stop-training-job --training-job-name {resource.name}",),
    remove=_stop,
)
TRAINING_LOGS = ResourceKind(
    kind="training logs",
    plural="logs of training jobs",
    listed=_logs,
    commands=_logs_commands,
    remove=_remove_logs,
)
