"""An endpoint's current name, and one request to it."""

from __future__ import annotations

from typing import Any

import pytest

from slipway.errors import CommandError
from slipway.invocation import Request, current_endpoint_name, invoke, invoke_by_name_of_settings
from stacks.settings import EnvironmentSettings, load_environment

JSON = Request(b"[1]", "application/json", "application/json")
GONE = "Endpoint {} of account 000000000000 not found."


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

        request = Request(b"[1]", "application/json", "application/x-npy")

        response = invoke(aws("sagemaker-runtime"), "endpoint", request)

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
            invoke(aws("sagemaker-runtime"), "endpoint", JSON)

        told = str(caught.value)
        assert told.startswith("endpoint answered 400: ")
        assert message.split("\n", maxsplit=1)[0] in told
        assert not told.endswith("\n")

    def test_any_other_refusal_stays_boto3s(self, aws: Any) -> None:
        aws.refuses("ValidationError", "Endpoint endpoint of account 000000000000 not found.")

        with pytest.raises(aws("sagemaker-runtime").exceptions.ClientError, match="not found"):
            invoke(aws("sagemaker-runtime"), "endpoint", JSON)

    def test_a_variant_that_is_asked_for_is_the_target(self, aws: Any) -> None:
        aws.answers(b"[]")

        invoke(aws("sagemaker-runtime"), "endpoint", Request(b"[1]", "text/csv", "text/csv", "challenger"))

        assert aws.requests[-1][1]["TargetVariant"] == "challenger"


class TestInvokeByNameOfSettings:
    def test_an_endpoint_that_has_gone_is_looked_up_anew(self, aws: Any, settings: EnvironmentSettings) -> None:
        aws.deployed("before")
        aws.refuses("ValidationError", GONE.format("before"))
        aws.deployed("after")
        aws.answers(b"[0.5]")

        response = invoke_by_name_of_settings(aws, settings, "linear", JSON)

        assert (response.endpoint_name, response.body) == ("after", b"[0.5]")
        assert [name for name, _ in aws.requests] == [
            "GetParameter",
            "InvokeEndpoint",
            "GetParameter",
            "InvokeEndpoint",
        ]

    def test_one_that_is_gone_under_its_current_name_is_told(
        self, aws: Any, settings: EnvironmentSettings
    ) -> None:
        aws.deployed("same")
        aws.refuses("ValidationError", GONE.format("same"))
        aws.deployed("same")

        with pytest.raises(aws("sagemaker-runtime").exceptions.ClientError, match="not found"):
            invoke_by_name_of_settings(aws, settings, "linear", JSON)

    def test_another_refusal_is_not_tried_again(self, aws: Any, settings: EnvironmentSettings) -> None:
        aws.deployed("endpoint")
        aws.refuses("ValidationError", "Variant x does not exist")

        with pytest.raises(aws("sagemaker-runtime").exceptions.ClientError, match="does not exist"):
            invoke_by_name_of_settings(aws, settings, "linear", JSON)
        assert [name for name, _ in aws.requests] == ["GetParameter", "InvokeEndpoint"]
