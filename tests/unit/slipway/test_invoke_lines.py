"""`slipway invoke --file requests.jsonl`: a request for each line, and a line for each answer."""

from __future__ import annotations

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


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "requests.jsonl"
    path.write_bytes('{"a": 1}\r\n\n  [2, "ü"]\n{"a": 3}'.encode())
    return path


def sent(aws: Any) -> list[dict[str, Any]]:
    return [request for name, request in aws.requests if name == "InvokeEndpoint"]


def test_each_line_is_a_request_and_each_answer_a_line(
    slipway: Callable[..., Any], deployed: Any, file: Path
) -> None:
    for answer in (b'"one"', b'{\n "two": 2\n}\n', b"[3]\n"):
        deployed.answers(answer)

    ran = slipway("invoke", "linear", "--file", str(file))

    assert (ran.status, ran.text, ran.errors) == (0, '"one"\n{"two": 2}\n[3]\n', "")
    assert [request["Body"] for request in sent(deployed)] == [b'{"a": 1}', '[2, "ü"]'.encode(), b'{"a": 3}']
    assert {request["ContentType"] for request in sent(deployed)} == {"application/json"}
    assert [name for name, _ in deployed.requests].count("GetParameter") == 1


def test_accept_and_variant_hold_for_every_line(slipway: Callable[..., Any], deployed: Any, file: Path) -> None:
    for answer in (b"a,b\r\n", b"c\nd", b""):
        deployed.answers(answer, "text/csv")

    ran = slipway("invoke", "linear", "--file", str(file), "--accept", "text/csv", "--variant", "AllTraffic")

    assert ran.text == 'a,b\n"c\\nd"\n\n'
    assert {(request["Accept"], request["TargetVariant"]) for request in sent(deployed)} == {
        ("text/csv", "AllTraffic")
    }


def test_json_describes_each_answer_in_a_line(slipway: Callable[..., Any], deployed: Any, file: Path) -> None:
    for number in range(3):
        deployed.answers(b"%d" % number)

    lines = slipway("invoke", "linear", "--file", str(file), "--json").text.splitlines()

    assert [json.loads(line)["body"] for line in lines] == [0, 1, 2]
    assert json.loads(lines[0])["endpoint_name"] == NAME


def test_a_refused_line_is_named_after_the_answers_before_it(
    slipway: Callable[..., Any], deployed: Any, file: Path
) -> None:
    deployed.answers(b"1")
    deployed.refuses("ModelError", "Received", OriginalStatusCode=400, OriginalMessage="no list")

    ran = slipway("invoke", "linear", "--file", str(file))

    assert (ran.status, ran.text) == (1, "1\n")
    assert ran.errors == f"error: {file}, line 3: {NAME} answered 400: no list\n"
    assert len(sent(deployed)) == 2


def test_lines_that_are_no_json_are_named_before_anything_is_sent(
    slipway: Callable[..., Any], deployed: Any, file: Path
) -> None:
    file.write_text('{"a": 1}\n{"a"\n\n' + "[" * 100_000)

    message = slipway("invoke", "linear", "--file", str(file)).error()

    assert message.startswith(f"{file} holds lines that are no JSON, and nothing was sent: line 2: ")
    assert "; line 4: " in message
    assert deployed.requests == []


def test_a_file_without_a_line_is_refused(slipway: Callable[..., Any], deployed: Any, file: Path) -> None:
    file.write_text("\n \n")
    assert slipway("invoke", "linear", "--file", str(file)).error() == f"{file} has no line with a request"


def test_bytes_are_no_line(slipway: Callable[..., Any], deployed: Any, file: Path) -> None:
    deployed.answers(b"\x93NUMPY", "application/x-npy")
    assert "cannot be a line" in slipway("invoke", "linear", "--file", str(file)).error()


def test_a_content_type_that_is_given_sends_the_file_as_it_is(
    slipway: Callable[..., Any], deployed: Any, file: Path
) -> None:
    deployed.answers(b"[1]")

    slipway("invoke", "linear", "--file", str(file), "--content-type", "application/jsonlines")

    [request] = sent(deployed)
    assert (request["ContentType"], request["Body"]) == ("application/jsonlines", file.read_bytes())
