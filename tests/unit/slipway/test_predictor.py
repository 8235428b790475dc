"""`Predictor`: arrays go as NPY and come back as arrays, on the local AWS and on AWS alike."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest

import slipway as package
from local_aws.errors import LocalAwsError
from slipway import PredictionError, Predictor, predictor
from slipway.errors import CommandError
from stacks.settings import SettingsError

ROOT = Path(__file__).parents[3]
NPY = "application/x-npy"


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(array))
    return file.getvalue()


@pytest.fixture
def linear(aws: Any, monkeypatch: pytest.MonkeyPatch) -> Predictor:
    """A predictor whose clients are stubbed."""
    monkeypatch.setattr(predictor, "clients_of", lambda settings, session: aws)
    return Predictor("linear", env="dev")


class TestPredict:
    @pytest.mark.parametrize(
        "data",
        [np.arange(6, dtype=np.float32).reshape(2, 3), [[0, 1, 2], [3, 4, 5]]],
        ids=["an array", "a Python list"],
    )
    def test_it_goes_as_npy_and_comes_back_as_an_array(self, linear: Predictor, aws: Any, data: Any) -> None:
        aws.deployed("slipway-dev-linear-serverless")
        aws.answers(npy(np.float32([[0.25, 0.75]])), NPY)

        answer = linear.predict(data)

        assert (answer.dtype, answer.tolist()) == (np.float32, [[0.25, 0.75]])
        _, request = aws.requests[-1]
        assert (request["ContentType"], request["Accept"]) == (NPY, NPY)
        np.testing.assert_array_equal(np.load(io.BytesIO(request["Body"])), data)

    def test_the_name_is_read_once(self, linear: Predictor, aws: Any) -> None:
        aws.deployed("slipway-dev-linear-serverless")
        aws.answers(npy([1]), NPY)
        aws.answers(npy([2]), NPY)

        assert [linear.predict([0.5]).tolist() for _ in range(2)] == [[1], [2]]
        assert [name for name, _ in aws.requests] == ["GetParameter", "InvokeEndpoint", "InvokeEndpoint"]

    def test_the_name_is_read_anew_when_sagemaker_could_not_find_the_endpoint(
        self, linear: Predictor, aws: Any
    ) -> None:
        aws.deployed("slipway-dev-linear-serverless")
        aws.answers(npy([1]), NPY)
        aws.refuses("ValidationError", "Could not find endpoint slipway-dev-linear-serverless.")
        aws.deployed("slipway-dev-linear-real-time")
        aws.answers(npy([2]), NPY)

        assert [linear.predict([0.5]).tolist() for _ in range(2)] == [[1], [2]]
        assert aws.requests[-1][1]["EndpointName"] == "slipway-dev-linear-real-time"

    def test_one_that_is_deployed_later_is_found_then(self, linear: Predictor, aws: Any) -> None:
        aws.deployed(None)
        with pytest.raises(CommandError, match="is not deployed in environment dev"):
            linear.predict([0.5])
        aws.deployed("slipway-dev-linear-serverless")
        aws.answers(npy([1]), NPY)

        assert linear.predict([0.5]).tolist() == [1]

    def test_a_refusal_has_status_and_reason(self, linear: Predictor, aws: Any) -> None:
        aws.deployed("endpoint")
        aws.refuses("ModelError", "Received", OriginalStatusCode=400, OriginalMessage='{"reason": "shape"}\n')

        with pytest.raises(PredictionError, match="endpoint answered 400") as caught:
            linear.predict([0.5])

        assert (caught.value.status, caught.value.reason) == (400, '{"reason": "shape"}')

    @pytest.mark.parametrize("data", [["a"], [None], [[1], [1, 2]], {"a": 1}, b"bytes"], ids=repr)
    def test_what_is_no_array_of_numbers_is_not_sent(self, linear: Predictor, aws: Any, data: Any) -> None:
        with pytest.raises(TypeError, match="predict takes one array of numbers"):
            linear.predict(data)
        assert aws.requests == []

    @pytest.mark.parametrize(
        ("body", "content_type", "told"),
        [
            (b"[1]", "application/json", "answered application/json, not application/x-npy"),
            (b"no array", NPY, "answered what is no NPY array"),
            (npy(np.array([{}], dtype=object)), NPY, "answered what is no NPY array"),
        ],
        ids=["json", "damaged", "a pickle"],
    )
    def test_an_answer_that_is_no_array_is_told(
        self, linear: Predictor, aws: Any, body: bytes, content_type: str, told: str
    ) -> None:
        aws.deployed("endpoint")
        aws.answers(body, content_type)

        with pytest.raises(CommandError, match=told):
            linear.predict([0.5])

    def test_a_variant_can_be_asked_for(self, aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(predictor, "clients_of", lambda settings, session: aws)
        aws.deployed("endpoint")
        aws.answers(npy([1]), NPY)

        Predictor("linear", env="dev", variant="AllTraffic").predict([0.5])

        assert aws.requests[-1][1]["TargetVariant"] == "AllTraffic"


class TestClients:
    """Which AWS it goes to; the program's own variables stay as they are."""

    def client(self, *arguments: Any, **options: Any) -> Any:
        return Predictor(*arguments, **options)._deployed.clients("sagemaker-runtime")

    @pytest.mark.parametrize("profile", [None, "not there"])
    def test_local_is_the_local_aws_whatever_the_user_has_set(
        self, running: Any, profile: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if profile:
            monkeypatch.setenv("AWS_PROFILE", profile)
        before = dict(os.environ)

        client = self.client("linear")

        assert client.meta.endpoint_url == running.url
        assert dict(os.environ) == before

    def test_after_it_another_environment_is_aws(self, running: Any) -> None:
        self.client("linear")

        assert self.client("linear", env="dev").meta.endpoint_url == (
            "https://runtime.sagemaker.eu-central-1.amazonaws.com"
        )

    def test_local_needs_the_local_aws(self) -> None:
        with pytest.raises(LocalAwsError, match="not running"):
            Predictor("linear")

    def test_under_local_run_every_environment_is_the_local_aws(
        self, running: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)

        for environment in ("local", "dev"):
            assert self.client("linear", env=environment).meta.endpoint_url == running.url

    def test_the_credentials_are_those_of_the_session(self, tmp_path: Path) -> None:
        session = boto3.Session(aws_access_key_id="of-the-session", aws_secret_access_key="secret")

        client = self.client("linear", env="dev", session=session)

        assert client._request_signer._credentials.access_key == "of-the-session"

    def test_without_a_session_they_can_be_those_of_env_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "credentials"
        file.write_text("AWS_ACCESS_KEY_ID=of-the-file\nAWS_SECRET_ACCESS_KEY=secret\n")
        monkeypatch.setenv("SLIPWAY_ENV_FILE", str(file))

        client = self.client("linear", env="dev")

        assert client._request_signer._credentials.access_key == "of-the-file"
        assert "AWS_ACCESS_KEY_ID" not in os.environ


def test_an_endpoint_or_environment_that_is_misspelt() -> None:
    with pytest.raises(CommandError, match="Did you mean linear"):
        Predictor("liner", env="dev")
    with pytest.raises(SettingsError, match="There is no environment 'dve'"):
        Predictor("linear", env="dve")


def test_the_package_stays_light() -> None:
    """`import slipway` brings nothing of a client's; the name is found when it is asked for."""
    heavy = "{'numpy', 'boto3', 'stacks', 'pydantic'}"
    code = f"import sys, slipway; print({heavy} & set(sys.modules), slipway.Predictor)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "set() <class 'slipway.predictor.Predictor'>\n"
    assert set(package.__all__) == {"PredictionError", "Predictor"}
    with pytest.raises(AttributeError, match="has no attribute 'Predicter'"):
        package.Predicter  # noqa: B018
