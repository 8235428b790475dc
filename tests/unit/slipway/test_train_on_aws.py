"""`slipway train` as a SageMaker training job, against stubs that check every request by the API's model."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody

from assets.model_folder import find_model
from assets.progress import Progress
from slipway.commands import train as train_module
from slipway.errors import CommandError
from slipway.training.aws import Aws, train_on_aws
from slipway.training.request import job_name, training_request
from stacks.settings import load_environment
from stacks.settings.training import TrainingSettings

ROLE = "arn:aws:iam::111111111111:role/trains"
JOB = "slipway-dev-tiny-20261121-120000"
BUCKET = "slipway-dev-artifacts-111111111111-eu-central-1"
IMAGE = "763104351884.dkr.ecr.eu-central-1.amazonaws.com/pytorch:2.13-cpu-amzn2023-sagemaker"
DIGEST = "[0-9a-f]{64}"


class StubbedSession(boto3.Session):
    """A session whose clients are the stubbed ones, as sagemaker-core makes its own."""

    def __init__(self, aws: Any) -> None:
        super().__init__("0" * 12, "local", region_name="eu-central-1")
        self._aws = aws

    def client(self, service: str, *_: Any, **__: Any) -> Any:  # type: ignore[override]
        return self._aws(service)


@pytest.fixture
def dev(tmp_path: Path) -> Any:
    (tmp_path / "dev.yaml").write_text(
        'account: "111111111111"\nregion: eu-central-1\ntags: {team: vision}\nendpoints: {}\n'
        "training: {instance_type: ml.c7i.2xlarge, volume_size_in_gb: 50}\n"
    )
    return load_environment("dev", tmp_path)


@pytest.fixture
def request_of(tmp_path: Path) -> Any:
    model, data = tmp_path / "tiny", tmp_path / "data"
    model.mkdir()
    data.mkdir()
    (model / "train.py").write_text("import helper  # which saves in SM_MODEL_DIR\n")
    (model / "helper.py").write_text("")
    (data / "rows.csv").write_text("1,2")
    return training_request(find_model(str(model)), data, ["epochs=2", "note=true"])


def described(status: str = "Completed", secondary: str | None = None, **more: Any) -> dict[str, Any]:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    artifact = f"s3://{BUCKET}/training/tiny/jobs/{JOB}/output/model.tar.gz"
    return {
        "TrainingJobName": JOB,
        "TrainingJobArn": f"arn:aws:sagemaker:eu-central-1:111111111111:training-job/{JOB}",
        "ModelArtifacts": {"S3ModelArtifacts": artifact},
        "TrainingJobStatus": status,
        "SecondaryStatus": secondary or status,
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "ResourceConfig": {"VolumeSizeInGB": 50},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "CreationTime": now,
        **more,
    }


def tarball(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


class Job:
    """One training job of the stubbed AWS."""

    def __init__(self, aws: Any, settings: Any, request: Any, folder: Path) -> None:
        self.aws = aws
        self.lines: list[str] = []
        self._settings = settings
        self._request = request
        self._folder = folder

    def is_created(self, there: dict[str, int] | None = None) -> None:
        """Let the role be there, the bucket have these objects under any prefix, and the job begin."""
        self.aws.stub("ssm").add_response("get_parameter", {"Parameter": {"Value": ROLE}})
        for _ in range(2):
            contents = [{"Key": key, "Size": size} for key, size in (there or {}).items()]
            self.aws.stub("s3").add_response("list_objects_v2", {"Contents": contents})
            if not there:
                self.aws.stub("s3").add_response("put_object", {})
        arn = f"arn:aws:sagemaker:eu-central-1:111111111111:training-job/{JOB}"
        self.aws.stub("sagemaker").add_response("create_training_job", {"TrainingJobArn": arn})

    def looks(self, *answers: dict[str, Any]) -> None:
        for answer in answers:
            self.aws.stub("sagemaker").add_response("describe_training_job", answer)

    def logs(self, *messages: str, before: str | None = None, after: str = "f/1") -> None:
        """Let one look at the logs find these."""
        logs = self.aws.stub("logs")
        logs.add_response("describe_log_streams", {"logStreams": [{"logStreamName": f"{JOB}/algo-1-123"}]})
        events = [{"timestamp": 1, "message": message} for message in messages]
        logs.add_response("get_log_events", {"events": events, "nextForwardToken": after})
        if messages:
            logs.add_response("get_log_events", {"events": [], "nextForwardToken": after})

    def leaves(self, members: dict[str, bytes]) -> None:
        body = tarball(members)
        self.aws.stub("s3").add_response("get_object", {"Body": StreamingBody(io.BytesIO(body), len(body))})

    def run(self, pause: Callable[[float], None] = lambda _: None, *, spot: bool = False) -> Path:
        place = Aws(StubbedSession(self.aws), self.aws, self._settings, pause)
        return train_on_aws(
            place,
            self._request,
            self._settings.training,
            job=JOB,
            spot=spot,
            folder=self._folder,
            progress=Progress(self.lines.append),
        )

    def requested(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.aws.requests if name == operation]


@pytest.fixture
def job(aws: Any, dev: Any, request_of: Any, tmp_path: Path) -> Job:
    return Job(aws, dev, request_of, tmp_path / "work")


def test_what_the_job_leaves_is_fetched(job: Job) -> None:
    job.is_created()
    job.looks(described())
    job.logs()
    job.leaves({"weights.pth": b"trained"})
    assert {path.name: path.read_bytes() for path in job.run().iterdir()} == {"weights.pth": b"trained"}


def test_the_job_is_awss_container_with_the_script_and_its_hyperparameters(job: Job) -> None:
    job.is_created()
    job.looks(described())
    job.logs()
    job.leaves({"weights.pth": b""})
    job.run()
    (created,) = job.requested("CreateTrainingJob")
    source = created["HyperParameters"].pop("sagemaker_submit_directory")
    data = created["InputDataConfig"][0]["DataSource"]["S3DataSource"].pop("S3Uri")
    assert created == {
        "TrainingJobName": JOB,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "HyperParameters": {
            "epochs": '"2"',
            "note": '"true"',
            "sagemaker_program": '"train.py"',
            "sagemaker_region": '"eu-central-1"',
        },
        "InputDataConfig": [
            {"ChannelName": "training", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix"}}}
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/training/tiny/jobs"},
        "ResourceConfig": {"InstanceType": "ml.c7i.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 50},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "Tags": [{"Key": "team", "Value": "vision"}],
    }
    put_source, put_data = (request["Key"] for request in job.requested("PutObject"))
    assert json.loads(source) == f"s3://{BUCKET}/{put_source}"
    assert put_data == f"{data.removeprefix(f's3://{BUCKET}/')}rows.csv"


def test_spot_has_checkpoints_and_time_to_wait(job: Job) -> None:
    job.is_created()
    job.looks(described())
    job.logs()
    job.leaves({"weights.pth": b""})
    job.run(spot=True)
    (created,) = job.requested("CreateTrainingJob")
    assert created["EnableManagedSpotTraining"] is True
    assert created["CheckpointConfig"] == {"S3Uri": f"s3://{BUCKET}/training/tiny/jobs/{JOB}/checkpoints"}
    assert created["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}


def test_the_logs_are_followed_to_the_last_line(job: Job) -> None:
    job.is_created()
    job.looks(described("InProgress", "Starting"), described("InProgress", "Training"), described())
    job.aws.stub("logs").add_client_error("describe_log_streams", "ResourceNotFoundException")
    job.logs("epoch 1")
    job.logs("epoch 2", after="f/2")
    job.leaves({"weights.pth": b""})
    pauses: list[float] = []
    job.run(pauses.append)
    said = [line for line in job.lines if line.startswith(("epoch", "training job: "))]
    assert said == [
        "training job: Starting",
        "training job: Training",
        "epoch 1",
        "training job: Completed",
        "epoch 2",
    ]
    assert len(pauses) == 2
    tokens = [request.get("nextToken") for request in job.requested("GetLogEvents")]
    assert tokens == [None, "f/1", "f/1", "f/2"]


def test_ctrl_c_stops_the_job(job: Job) -> None:
    job.is_created()
    job.looks(described("InProgress", "Training"))
    job.logs()
    job.aws.stub("sagemaker").add_response("stop_training_job", {})

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        job.run(interrupt)
    assert job.requested("StopTrainingJob") == [{"TrainingJobName": JOB}]
    assert job.lines[-1] == f"stopping the training job {JOB}"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            described("Failed", FailureReason="AlgorithmError: out of memory"),
            "is Failed: AlgorithmError: out of memory",
        ),
        (described("Stopped", "MaxRuntimeExceeded"), "is Stopped: no reason was given"),
    ],
    ids=["failed", "stopped"],
)
def test_a_job_that_did_not_complete_is_an_error(job: Job, answer: dict[str, Any], reason: str) -> None:
    job.is_created()
    job.looks(answer)
    job.logs()
    with pytest.raises(CommandError, match=f"The training job {JOB} {reason}"):
        job.run()


def test_what_lies_in_the_bucket_already_is_not_sent_again(job: Job) -> None:
    job.is_created()
    job.looks(described())
    job.logs()
    job.leaves({"weights.pth": b""})
    job.run()
    first = [request["Key"] for request in job.requested("PutObject")]
    job.aws.requests.clear()
    job.is_created({first[0]: 1, first[1]: 3})
    job.looks(described())
    job.logs()
    job.leaves({"weights.pth": b""})
    job._folder = job._folder.with_name("again")
    job.run()
    assert job.requested("PutObject") == []


def test_without_its_role_it_says_what_to_deploy(job: Job) -> None:
    job.aws.stub("ssm").add_client_error("get_parameter", "ParameterNotFound")
    with pytest.raises(CommandError, match="Deploy it with: cdk deploy Slipway-dev-training -c env=dev"):
        job.run()


@pytest.mark.parametrize("name", ["../outside", "/outside"])
def test_nothing_in_the_jobs_tarball_leads_out_of_its_folder(job: Job, tmp_path: Path, name: str) -> None:
    job.is_created()
    job.looks(described())
    job.logs()
    job.leaves({name: b"x"})
    if name.startswith("/"):  # taken as a path inside
        assert [path.name for path in job.run().iterdir()] == ["outside"]
    else:
        with pytest.raises(CommandError, match="What the training job left cannot be unpacked"):
            job.run()
    assert not (tmp_path / "work" / "outside").exists()


def test_a_jobs_name_is_one_that_sagemaker_takes() -> None:
    now = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
    assert job_name("slipway-dev", "tiny", now) == JOB
    long = job_name("slipway-dev", f"{'very_' * 20}long", now)
    assert len(long) <= 63
    assert long.replace("-", "").isalnum()
    assert "--" not in long


class TestCommand:
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SLIPWAY_ENVIRONMENTS", str(tmp_path))

    def run(self, slipway: Any, request: Any, *options: str) -> Any:
        model, data = str(request.model.path), str(request.data)
        return slipway("train", model, "--data", data, "--env", "dev", *options)

    def test_an_environment_without_training_says_what_to_add(
        self, slipway: Any, request_of: Any, tmp_path: Path
    ) -> None:
        (tmp_path / "dev.yaml").write_text('account: "111111111111"\nregion: eu-central-1\nendpoints: {}\n')
        assert self.run(slipway, request_of).error() == (
            "Environment dev trains nothing: its file has no `training`. Add it, with an instance_type such as"
            " ml.c7i.2xlarge, and deploy: cdk deploy Slipway-dev-training -c env=dev"
        )

    def test_an_instance_type_that_does_not_train_is_named(self, slipway: Any, request_of: Any, dev: Any) -> None:
        told = self.run(slipway, request_of, "--instance-type", "ml.c7i.2xlage").error()
        assert told.startswith("--instance-type: 'ml.c7i.2xlage' is no instance type that SageMaker trains on")
        assert "ml.c7i.2xlarge" in told

    def test_its_options_win_over_the_environments_settings(
        self, slipway: Any, request_of: Any, dev: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[TrainingSettings] = []

        def trained(
            settings: Any, training: TrainingSettings, request: Any, job: str, work: Path, *, spot: bool
        ) -> Path:
            assert spot
            asked.append(training)
            (work / "model").mkdir(parents=True)
            (work / "model" / "weights.pth").touch()
            return work / "model"

        monkeypatch.setattr(train_module, "_train_on_aws", trained)
        options = ["--instance-type", "ml.g5.xlarge", "--instance-count", "2", "--spot"]
        assert self.run(slipway, request_of, *options).status == 0
        assert (asked[0].instance_type, asked[0].instance_count) == ("ml.g5.xlarge", 2)
        assert asked[0].volume_size_in_gb == 50
