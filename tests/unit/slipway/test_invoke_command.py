"""`slipway invoke`: what goes to the endpoint, and what is shown of its answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slipway.commands import invoke as invoke_module

NAME = "slipway-local-linear-serverless"


@pytest.fixture
def deployed(aws: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have the endpoint linear deployed, and its clients stubbed."""
    monkeypatch.setattr(invoke_module, "connect", lambda settings: aws)
    aws.deployed(NAME)
    return aws


def sent(aws: Any) -> dict[str, Any]:
    name, request = aws.requests[-1]
    assert name == "InvokeEndpoint"
    return request


class TestRequest:
    def test_data_is_json(self, slipway: Callable[..., Any], deployed: Any) -> None:
        deployed.answers(b"[0.5, 0.5]")

        ran = slipway("invoke", "linear", "--data", '[[1, 2, "ü"]]')

        assert (ran.status, ran.text, ran.errors) == (0, "[0.5, 0.5]\n", "")
        assert sent(deployed) == {
            "EndpointName": NAME,
            "Body": '[[1, 2, "ü"]]'.encode(),
            "ContentType": "application/json",
            "Accept": "application/json",
        }

    @pytest.mark.parametrize(
        ("file", "content_type"),
        [
            ("request.json", "application/json"),
            ("request.npy", "application/x-npy"),
            ("request.NPZ", "application/x-npz"),
            ("request.csv", "text/csv"),
            ("request.jpg", "image/jpeg"),
            ("request.jpeg", "image/jpeg"),
            ("request.png", "image/png"),
            ("request.bin", "application/octet-stream"),
            ("request", "application/octet-stream"),
        ],
    )
    def test_a_files_suffix_says_its_content_type(
        self, slipway: Callable[..., Any], deployed: Any, tmp_path: Path, file: str, content_type: str
    ) -> None:
        deployed.answers(b"{}")
        (tmp_path / file).write_bytes(b"\x00\xff")

        assert slipway("invoke", "linear", "--file", str(tmp_path / file)).status == 0
        assert (sent(deployed)["ContentType"], sent(deployed)["Body"]) == (content_type, b"\x00\xff")

    def test_a_content_type_that_is_given_wins(
        self, slipway: Callable[..., Any], deployed: Any, tmp_path: Path
    ) -> None:
        deployed.answers(b"{}")
        (tmp_path / "request.json").write_text("1,2")
        options = ["--content-type", "text/csv", "--accept", "application/x-npy"]

        slipway("invoke", "linear", "--file", str(tmp_path / "request.json"), *options)

        assert (sent(deployed)["ContentType"], sent(deployed)["Accept"]) == ("text/csv", "application/x-npy")

    def test_a_hyphen_reads_standard_input(self, slipway: Callable[..., Any], deployed: Any) -> None:
        deployed.answers(b"{}")

        slipway("invoke", "linear", "--file", "-", stdin=b"[1]")

        assert (sent(deployed)["ContentType"], sent(deployed)["Body"]) == ("application/json", b"[1]")

    @pytest.mark.parametrize("options", [[], ["--data", "[1]", "--file", "x.json"]], ids=["neither", "both"])
    def test_it_is_given_one_way(self, slipway: Callable[..., Any], options: list[str]) -> None:
        assert (
            slipway("invoke", "linear", *options).error()
            == "Give the request as one of --data, --file and --image"
        )

    @pytest.mark.parametrize(("name", "reason"), [("absent.json", "No such file"), ("", "Is a directory")])
    def test_a_file_that_cannot_be_read_is_named(
        self, slipway: Callable[..., Any], tmp_path: Path, name: str, reason: str
    ) -> None:
        path = tmp_path / name

        message = slipway("invoke", "linear", "--file", str(path)).error()

        assert message.startswith(f"{path} cannot be read: {reason}")


class TestAnswer:
    @pytest.fixture
    def invoke(self, slipway: Callable[..., Any], deployed: Any) -> Callable[..., Any]:
        def call(body: bytes, content_type: str, *options: str) -> Any:
            deployed.answers(body, content_type)
            return slipway("invoke", "linear", "--data", "[1]", *options)

        return call

    @pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "text/csv"])
    def test_text_is_printed_with_an_end_of_line(self, invoke: Callable[..., Any], content_type: str) -> None:
        assert invoke("é".encode(), content_type).text == "é\n"

    @pytest.mark.parametrize("content_type", ["application/x-npy", "image/png", ""])
    def test_bytes_are_written_as_they_came(self, invoke: Callable[..., Any], content_type: str) -> None:
        body = b"\x93NUMPY\r\n\x00\xff"

        assert invoke(body, content_type).output == body

    def test_bytes_are_not_thrown_at_a_terminal(
        self, invoke: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)

        message = invoke(b"\x00\x01", "application/x-npy").error()

        assert "2 bytes of application/x-npy" in message

    @pytest.mark.parametrize(
        ("body", "content_type", "wanted"),
        [
            (b'{"p": [0.5]}', "application/json", {"body": {"p": [0.5]}}),
            (b"1,2\n", "text/csv", {"body": "1,2\n"}),
            (b"\xff\x00", "application/x-npy", {"body_base64": base64.b64encode(b"\xff\x00").decode()}),
        ],
        ids=["json", "text", "bytes"],
    )
    def test_json_holds_the_answer_for_another_program(
        self, invoke: Callable[..., Any], body: bytes, content_type: str, wanted: dict[str, Any]
    ) -> None:
        described = json.loads(invoke(body, content_type, "--json").output)

        assert described == {
            "endpoint_name": NAME,
            "variant": "primary",
            "content_type": content_type,
            **wanted,
        }

    @pytest.mark.parametrize("options", [[], ["--json"]], ids=["plain", "--json"])
    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            (b"\xff\xfe", "application/json"),
            (b"no json", "application/json"),
            (b"", "application/json"),
            (b"caf\xe9", "text/plain"),
        ],
        ids=["bytes", "words", "nothing", "latin-1"],
    )
    def test_a_body_that_is_not_what_its_type_says_is_no_traceback(
        self, invoke: Callable[..., Any], body: bytes, content_type: str, options: list[str]
    ) -> None:
        """What a handler answers is up to its writer: it is shown as it is, or refused in one line."""
        ran = invoke(body, content_type, *options)

        assert ran.status == 0 or ran.error()


class TestErrors:
    def test_a_containers_error_is_one_line(self, slipway: Callable[..., Any], deployed: Any) -> None:
        message = '{"error": "client", "reason": "no list"}\n'
        deployed.refuses("ModelError", "Received", OriginalStatusCode=400, OriginalMessage=message)

        assert slipway("invoke", "linear", "--data", "x").error() == (f"{NAME} answered 400: {message.rstrip()}")

    def test_a_refusal_of_aws_is_one_line(self, slipway: Callable[..., Any], deployed: Any) -> None:
        deployed.refuses("AccessDeniedException", "not authorized")
        deployed.deployed(NAME)

        message = slipway("invoke", "linear", "--data", "x").error()

        assert message.startswith("AWS answered: ")
        assert "not authorized" in message

    def test_one_that_is_not_deployed(
        self, slipway: Callable[..., Any], aws: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(invoke_module, "connect", lambda settings: aws)
        aws.deployed(None)

        assert "is not deployed in environment local" in slipway("invoke", "linear", "--data", "x").error()

    def test_one_that_is_misspelt(self, slipway: Callable[..., Any]) -> None:
        message = slipway("invoke", "liner", "--data", "x").error()

        assert message == "Environment local has no endpoint 'liner'; it has: linear. Did you mean linear?"

    def test_an_environment_that_does_not_exist(self, slipway: Callable[..., Any]) -> None:
        assert "lcal" in slipway("invoke", "linear", "--env", "lcal", "--data", "x").error(2)

    def test_a_local_aws_that_does_not_run(self, slipway: Callable[..., Any]) -> None:
        assert slipway("invoke", "linear", "--data", "x").error() == (
            "AWS on this machine is not running. Start it with: slipway local up"
        )


class TestVariant:
    def test_a_production_variant_of_the_settings_is_passed_on(
        self, slipway: Callable[..., Any], deployed: Any
    ) -> None:
        deployed.answers(b"[1]")

        assert slipway("invoke", "linear", "--data", "[1]", "--variant", "AllTraffic").status == 0
        assert sent(deployed)["TargetVariant"] == "AllTraffic"

    def test_one_that_is_not_there_is_refused_with_those_that_are(
        self, slipway: Callable[..., Any], deployed: Any
    ) -> None:
        error = slipway("invoke", "linear", "--data", "[1]", "--variant", "AllTrafic").error()

        assert error == (
            "Endpoint linear has no production variant 'AllTrafic'; it has: AllTraffic; did you mean AllTraffic?"
        )
        assert deployed.requests == []
