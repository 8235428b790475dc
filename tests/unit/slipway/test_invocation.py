"""An endpoint's current name, and one request to it."""

from __future__ import annotations

from typing import Any

import pytest

from slipway.errors import CommandError
from slipway.invocation import current_endpoint_name, invoke
from stacks.settings import EnvironmentSettings, load_environment


@pytest.fixture(params=["local", "dev"])
def settings(request: Any) -> EnvironmentSettings:
    return load_environment(request.param)


class TestCurrentEndpointName:
    def test_it_is_the_value_of_the_parameter(self, aws: Any, settings: EnvironmentSettings) -> None:
        aws.deployed("slipway-dev-linear-serverless")

        assert current_endpoint_name(aws, settings, "linear") == "slipway-dev-linear-serverless"
        assert aws.requests == [("GetParameter", {"Name": f"/slipway/{settings.name}/linear/endpoint-name"})]

    def test_one_that_is_not_deployed_is_told_with_what_to_do(
        self, aws: Any, settings: EnvironmentSettings
    ) -> None:
        aws.deployed(None)

        with pytest.raises(CommandError) as caught:
            current_endpoint_name(aws, settings, "linear")

        message = str(caught.value)
        assert f"'linear' is not deployed in environment {settings.name}" in message
        assert f"cdk deploy --all -c env={settings.name}" in message
        assert ("slipway local run -- cdk" in message) == (settings.name == "local")


class TestInvoke:
    def test_the_request_and_the_answer_are_passed_through(self, aws: Any) -> None:
        aws.answers(b"\x93NUMPY", "application/x-npy")

        response = invoke(aws("sagemaker-runtime"), "endpoint", b"[1]", "application/json", "application/x-npy")

        assert aws.requests == [
            (
                "InvokeEndpoint",
                {
                    "EndpointName": "endpoint",
                    "Body": b"[1]",
                    "ContentType": "application/json",
                    "Accept": "application/x-npy",
                },
            )
        ]
        assert (response.endpoint_name, response.variant) == ("endpoint", "primary")
        assert (response.content_type, response.body) == ("application/x-npy", b"\x93NUMPY")

    @pytest.mark.parametrize(
        "message", ['{"error": "bad input", "reason": "no list"}\n', "two\nlines", "no end of line"]
    )
    def test_a_containers_refusal_is_told_without_an_empty_line_at_its_end(self, aws: Any, message: str) -> None:
        """The server software's own refusals end with a newline."""
        aws.refuses("ModelError", "Received client error", OriginalStatusCode=400, OriginalMessage=message)

        with pytest.raises(CommandError) as caught:
            invoke(aws("sagemaker-runtime"), "endpoint", b"", "application/json", "application/json")

        told = str(caught.value)
        assert told.startswith("endpoint answered 400: ")
        assert message.split("\n", maxsplit=1)[0] in told
        assert not told.endswith("\n")

    def test_any_other_refusal_stays_boto3s(self, aws: Any) -> None:
        aws.refuses("ValidationError", "Endpoint endpoint of account 000000000000 not found.")

        with pytest.raises(aws("sagemaker-runtime").exceptions.ClientError, match="not found"):
            invoke(aws("sagemaker-runtime"), "endpoint", b"", "application/json", "application/json")
