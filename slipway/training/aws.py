"""A training as a SageMaker training job in AWS's PyTorch training container."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.progress import Progress
from slipway.errors import CommandError
from slipway.training.contract import CHANNEL
from slipway.training.job_logs import JobLogs
from slipway.training.request import SCRIPT, TrainingRequest
from slipway.training.results import unpack
from slipway.training.upload import upload_data, upload_source
from stacks.settings import EnvironmentSettings
from stacks.settings.training import TrainingSettings
from stacks.training_container import training_image

if TYPE_CHECKING:
    import boto3

_SECONDS_BETWEEN_LOOKS = 5.0
_SPOT_WAIT = 2  # how many times the longest run a spot job may take, with what it waits for instances
_ENDED = {"Completed", "Failed", "Stopped"}


@dataclass(frozen=True)
class Aws:
    """Where the job runs.

    Parameters
    ----------
    session
        Whose credentials are taken; sagemaker-core makes its own client of it.
    clients
        Makes boto3 clients.
    settings
        Of the environment.
    pause
        Called with the seconds between two looks at the job.
    """

    session: boto3.Session
    clients: Callable[[str], Any]
    settings: EnvironmentSettings
    pause: Callable[[float], None] = time.sleep


def train_on_aws(
    aws: Aws,
    request: TrainingRequest,
    training: TrainingSettings,
    *,
    job: str,
    spot: bool,
    folder: Path,
    progress: Progress,
) -> Path:
    """Run a training job to its end, and return the folder with what it left.

    Its logs are shown as they come. Ctrl-C stops the job.

    Parameters
    ----------
    aws
        Where it runs.
    request
        What is to be trained.
    training
        On which instances, and for how long at most.
    job
        The job's name.
    spot
        Whether it takes spot instances.
    folder
        A folder of this job's own, for what it left.
    progress
        Hears of the steps, and of what the job writes.

    Raises
    ------
    CommandError
        The training role is not deployed, or the job failed or was stopped.
    """
    role = _role(aws)
    names, s3 = aws.settings.names, aws.clients("s3")
    prefix = names.training_prefix(request.model.name)
    source = upload_source(s3, names.bucket, prefix, request.source)
    data = upload_data(s3, names.bucket, prefix, request.data_files, progress)
    try:
        created = _create(aws, request, training, job=job, role=role, source=source, data=data, spot=spot)
        progress(f"training job {job} on {training.instance_count} x {training.instance_type}")
        _follow(aws, created, progress)
    except KeyboardInterrupt:
        progress(f"stopping the training job {job}")
        with suppress(aws.clients("sagemaker").exceptions.ClientError):  # it may have ended, or never begun
            aws.clients("sagemaker").stop_training_job(TrainingJobName=job)
        raise
    return _fetch(s3, created.model_artifacts.s3_model_artifacts, folder)


def _role(aws: Aws) -> str:
    ssm, parameter = aws.clients("ssm"), aws.settings.names.training_role_parameter
    try:
        return str(ssm.get_parameter(Name=parameter)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound as error:
        name = aws.settings.name
        raise CommandError(
            f"Environment {name} has no training role yet: there is no SSM parameter {parameter}. Deploy it with: "
            f"cdk deploy {aws.settings.names.training_stack} -c env={name}"
        ) from error


def _create(
    aws: Aws,
    request: TrainingRequest,
    training: TrainingSettings,
    *,
    job: str,
    role: str,
    source: str,
    data: str,
    spot: bool,
) -> Any:
    # It takes more than a second to load.
    from sagemaker.core import shapes  # noqa: PLC0415
    from sagemaker.core.resources import TrainingJob  # noqa: PLC0415

    settings = aws.settings
    jobs = f"s3://{settings.names.bucket}/{settings.names.training_prefix(request.model.name)}jobs"
    longest = training.max_runtime_in_seconds
    own = {"sagemaker_program": SCRIPT, "sagemaker_submit_directory": source, "sagemaker_region": settings.region}
    spot_options = {
        "enable_managed_spot_training": True,
        "checkpoint_config": shapes.CheckpointConfig(s3_uri=f"{jobs}/{job}/checkpoints"),
    }
    return TrainingJob.create(
        training_job_name=job,
        role_arn=role,
        algorithm_specification=shapes.AlgorithmSpecification(
            training_image=training_image(settings.region, training.instance_type), training_input_mode="File"
        ),
        # The toolkit reads each value as JSON; written as that, a text stays what it is.
        hyper_parameters={name: json.dumps(value) for name, value in {**request.hyperparameters, **own}.items()},
        input_data_config=[
            shapes.Channel(
                channel_name=CHANNEL,
                data_source=shapes.DataSource(
                    s3_data_source=shapes.S3DataSource(s3_data_type="S3Prefix", s3_uri=data)
                ),
            )
        ],
        output_data_config=shapes.OutputDataConfig(s3_output_path=jobs),
        resource_config=shapes.ResourceConfig(
            instance_type=training.instance_type,
            instance_count=training.instance_count,
            volume_size_in_gb=training.volume_size_in_gb,
        ),
        stopping_condition=shapes.StoppingCondition(
            max_runtime_in_seconds=longest, **({"max_wait_time_in_seconds": _SPOT_WAIT * longest} if spot else {})
        ),
        tags=[{"key": key, "value": value} for key, value in settings.tags.items()],
        **(spot_options if spot else {}),
        session=aws.session,
        region=settings.region,
    )


def _follow(aws: Aws, job: Any, progress: Progress) -> None:
    """Show what the job writes until it has ended."""
    logs, said = JobLogs(aws.clients("logs"), job.training_job_name), ""
    while True:
        # What it is comes first: whatever was written before its end is read after that.
        has_ended = job.training_job_status in _ENDED
        if job.secondary_status != said:
            said = job.secondary_status
            progress(f"training job: {said}")
        for line in logs.new_lines():
            progress(line)
        if has_ended:
            break
        aws.pause(_SECONDS_BETWEEN_LOOKS)
        job.refresh()
    if job.training_job_status != "Completed":
        reason = job.failure_reason if isinstance(job.failure_reason, str) else "no reason was given"
        raise CommandError(f"The training job {job.training_job_name} is {job.training_job_status}: {reason}")


def _fetch(s3: Any, location: str, folder: Path) -> Path:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    folder.mkdir(parents=True)
    tarball = folder / "model.tar.gz"
    with tarball.open("wb") as file:
        shutil.copyfileobj(s3.get_object(Bucket=bucket, Key=key)["Body"], file)
    unpack(tarball, folder / "model")
    return folder / "model"
