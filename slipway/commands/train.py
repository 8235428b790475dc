"""`slipway train`: a model folder's train.py, on this machine or as a SageMaker training job."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from assets import checkout
from assets.checkout import shown
from assets.model_folder import find_model
from slipway.console import say
from slipway.environments import connect, load
from slipway.errors import CommandError
from slipway.package_progress import package_progress
from slipway.training.local import train_here
from slipway.training.request import TRAINED, TrainingRequest, job_name, training_request
from slipway.training.results import put_in_place
from stacks.settings import EnvironmentSettings
from stacks.settings.training import TrainingSettings, training_instance_type

_OF_AWS = "on this machine a training is one process"


def train_command(
    model: Annotated[str, typer.Argument(help="A model in model_code/, or the path of a model folder.")],
    data: Annotated[Path, typer.Option(help="The folder with the training data.")],
    env: Annotated[str, typer.Option(help="The environment; `local` trains on this machine.")] = "local",
    hyperparameter: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE, which train.py gets as --NAME VALUE; several are allowed."),
    ] = None,
    instance_type: Annotated[
        str | None, typer.Option(help="In the place of the environment's `training.instance_type`.")
    ] = None,
    instance_count: Annotated[
        int | None, typer.Option(help="In the place of the environment's `training.instance_count`.", min=1)
    ] = None,
    spot: Annotated[
        bool, typer.Option("--spot", help="Take spot instances: cheaper, and interrupted at any time.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help=f"The folder for what was trained, in the place of the model's {TRAINED}/.")
    ] = None,
) -> None:
    """Train a model; what train.py leaves in SM_MODEL_DIR goes into the model folder's trained/."""
    settings, folder = load(env), find_model(model)
    training = _where(settings, instance_type, instance_count, spot=spot)
    request = training_request(folder, data, hyperparameter or [])
    job = job_name(settings.names.prefix, folder.name)
    work = checkout.STATE / "training" / folder.state_name / job
    if work.exists():
        raise CommandError(f"{shown(work)}: another training began in this second; run the command again")
    place = output.absolute() if output else folder.path / TRAINED
    try:
        if training:
            made = _train_on_aws(settings, training, request, job, work, spot=spot)
        else:
            made = train_here(request, job, work, say)
        put_in_place(made, place)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    typer.echo(shown(place))


def _where(
    settings: EnvironmentSettings, instance_type: str | None, instance_count: int | None, *, spot: bool
) -> TrainingSettings | None:
    """Return where a training job runs; None for this machine."""
    if settings.is_local:
        for option, given in (
            ("--instance-type", instance_type),
            ("--instance-count", instance_count),
            ("--spot", spot),
        ):
            if given:
                raise CommandError(f"{option} is for AWS: {_OF_AWS}; leave it out, or choose another --env")
        return None
    if settings.training is None:
        raise CommandError(
            f"Environment {settings.name} trains nothing: its file has no `training`. Add it, with an "
            f"instance_type such as ml.c7i.2xlarge, and deploy: cdk deploy {settings.names.training_stack} "
            f"-c env={settings.name}"
        )
    own = {"instance_type": instance_type, "instance_count": instance_count}
    if instance_type:
        try:
            training_instance_type(instance_type)
        except ValueError as error:
            raise CommandError(f"--instance-type: {error}") from error
    return settings.training.model_copy(update={key: value for key, value in own.items() if value is not None})


def _train_on_aws(
    settings: EnvironmentSettings,
    training: TrainingSettings,
    request: TrainingRequest,
    job: str,
    work: Path,
    *,
    spot: bool,
) -> Path:
    import boto3  # noqa: PLC0415 (it takes a while)

    from slipway.training.aws import Aws, train_on_aws  # noqa: PLC0415 (nothing here needs AWS otherwise)

    aws = Aws(boto3.Session(region_name=settings.region), connect(settings), settings)
    with package_progress() as progress:
        return train_on_aws(aws, request, training, job=job, spot=spot, folder=work, progress=progress)
