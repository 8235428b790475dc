"""`slipway smoke`: which samples go to which variant, and what is made of the answers."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.response import StreamingBody

from slipway.commands import smoke as smoke_module
from slipway.environments import ENVIRONMENTS_VARIABLE

from .answering_aws import AnsweringAws, RefusalError

SERVERLESS = {"type": "serverless"}
REAL_TIME = {"type": "real-time", "instance_type": "ml.c7i.large"}
ASYNC = {"type": "async", "instance_type": "ml.c7i.large"}
MB = 1024 * 1024


class Endpoints:
    """Endpoints of a test's own settings and samples; what they answer is the test's, too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.models: dict[str, Callable[[dict[str, Any]], bytes]] = {}
        self.gone: set[str] = set()
        self._modes: dict[str, str] = {}
        self.stored: dict[str, bytes] = {}
        self.aws = AnsweringAws(
            GetParameter=self._parameter,
            InvokeEndpoint=self._invoke,
            InvokeEndpointAsync=lambda asked: {
                "OutputLocation": "s3://b/out",
                "FailureLocation": "s3://b/failure",
            },
            PutObject=lambda asked: {},
            GetObject=self._object,
        )

    def settings(self, **endpoints: Any) -> None:
        self._modes = {name: one["hosting"]["type"] for name, one in endpoints.items()}
        described = {"account": "000000000000", "region": "us-east-1", "endpoints": endpoints}
        (self.folder / "local.yaml").write_text(json.dumps(described))  # JSON is YAML

    def model(self, name: str = "model", **samples: dict[str, Any]) -> str:
        folder = self.folder / name / "samples"
        folder.mkdir(parents=True)
        for sample, content in samples.items():
            (folder / f"{sample}.yaml").write_text(json.dumps(content))
        return str(folder.parent)

    def answers(self, answer: Callable[[dict[str, Any]], bytes], endpoint: str = "linear") -> None:
        self.models[endpoint] = answer

    @property
    def invocations(self) -> list[dict[str, Any]]:
        return self.aws.requests_of("InvokeEndpoint")

    def _parameter(self, asked: dict[str, Any]) -> dict[str, Any]:
        endpoint = asked["Name"].split("/")[3]
        if endpoint in self.gone:
            raise RefusalError("ParameterNotFound")
        return {"Parameter": {"Value": f"slipway-local-{endpoint}-{self._modes[endpoint]}"}}

    def _invoke(self, asked: dict[str, Any]) -> dict[str, Any]:
        body = self.models[asked["EndpointName"].split("-")[2]](asked)
        return {
            "Body": io.BytesIO(body),
            "ContentType": "application/json; charset=utf-8",
            "InvokedProductionVariant": asked.get("TargetVariant", "AllTraffic"),
        }

    def _object(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["Key"] not in self.stored:
            raise RefusalError("NoSuchKey", status=404)
        body = self.stored[asked["Key"]]
        return {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentType": "application/json"}


@pytest.fixture
def endpoints(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Endpoints:
    monkeypatch.setenv(ENVIRONMENTS_VARIABLE, str(tmp_path))
    made = Endpoints(tmp_path)
    monkeypatch.setattr(smoke_module, "connect", lambda settings: made.aws)
    return made


@pytest.fixture
def linear(endpoints: Endpoints) -> Endpoints:
    """One endpoint whose model has a sample with an expected answer, and one without."""
    model = endpoints.model(
        batch={"body": [[1], [2]], "expected": [0.5, 0.25], "tolerance": 0.01}, row={"body": [[3]]}
    )
    endpoints.settings(linear={"model": model, "hosting": SERVERLESS})
    return endpoints


def checks(ran: Any) -> list[tuple[str, str, str]]:
    return [(one["variant"], one["sample"], one["verdict"]) for one in json.loads(ran.text)["checks"]]


class TestOneEndpoint:
    def test_every_sample_is_sent_as_it_is_and_its_answer_compared_within_the_tolerance(
        self, slipway: Callable[..., Any], linear: Endpoints
    ) -> None:
        linear.answers(lambda asked: b"[0.501, 0.251]")
        ran = slipway("smoke", "linear")
        assert ran.status == 0
        batch, row = ran.text.splitlines()
        assert batch.startswith("ok       linear/AllTraffic/batch: ")
        assert row.startswith("answered linear/AllTraffic/row: ")
        assert batch.endswith(" ms")
        assert "2 checks: 1 ok, 1 answered" in ran.errors
        assert [one["Body"] for one in linear.invocations] == [b"[[1],[2]]", b"[[3]]"]
        assert {one["ContentType"] for one in linear.invocations} == {"application/json"}
        assert not any("TargetVariant" in one for one in linear.invocations)

    def test_another_answer_is_said_and_an_error(self, slipway: Callable[..., Any], linear: Endpoints) -> None:
        linear.answers(lambda asked: b"[0.5, 0.75]")
        ran = slipway("smoke", "linear", "--json")
        told = json.loads(ran.text)
        assert (ran.status, told["environment"], told["ok"]) == (1, "local", False)
        batch, row = told["checks"]
        assert (batch["verdict"], row["verdict"]) == ("differs", "answered")
        assert batch["reason"] == "[1] is 0.75, not 0.25 (tolerance 0.01)"
        assert batch["endpoint_name"] == "slipway-local-linear-serverless"
        assert batch["milliseconds"] > 0

    def test_a_model_that_refuses_one_sample_is_asked_the_others(
        self, slipway: Callable[..., Any], linear: Endpoints
    ) -> None:
        def answer(asked: dict[str, Any]) -> bytes:
            if asked["Body"] == b"[[3]]":
                raise RefusalError(
                    "ModelError", status=424, OriginalStatusCode=400, OriginalMessage="no\nrow\x1b[2J\n"
                )
            return b"[0.5, 0.25]"

        linear.answers(answer)
        ran = slipway("smoke", "linear")
        assert ran.status == 1
        assert ran.text.splitlines()[1].startswith("failed   linear/AllTraffic/row: ")
        assert ran.text.splitlines()[1].endswith(r"answered 400: no row\x1b[2J")
        assert ran.text.startswith("ok ")

    def test_where_aws_refuses_nothing_more_is_sent(self, slipway: Callable[..., Any], linear: Endpoints) -> None:
        def refuse(asked: dict[str, Any]) -> bytes:
            raise RefusalError("AccessDeniedException", "not you")

        linear.answers(refuse)
        ran = slipway("smoke", "linear", "--json")
        assert ran.status == 1
        assert [verdict for _, _, verdict in checks(ran)] == ["failed", "skipped"]
        assert "not you" in json.loads(ran.text)["checks"][0]["reason"]
        assert len(linear.invocations) == 1

    def test_one_that_was_replaced_meanwhile_is_asked_by_its_new_name(
        self, slipway: Callable[..., Any], linear: Endpoints
    ) -> None:
        names = iter(["slipway-local-linear-old", "slipway-local-linear-new"])
        linear.aws.answers["GetParameter"] = lambda asked: {"Parameter": {"Value": next(names)}}

        def answer(asked: dict[str, Any]) -> bytes:
            if asked["EndpointName"].endswith("old"):
                raise RefusalError("ValidationError", "Endpoint of account 0 not found.")
            return b"[0.5, 0.25]"

        linear.answers(answer)
        ran = slipway("smoke", "linear", "--json")
        assert ran.status == 0
        assert {one["endpoint_name"] for one in json.loads(ran.text)["checks"]} == {"slipway-local-linear-new"}

    def test_a_request_that_hosting_does_not_take_is_skipped_with_the_reason(
        self, slipway: Callable[..., Any], endpoints: Endpoints
    ) -> None:
        model = endpoints.model(large={"body": "x" * (4 * MB + 1)}, small={"body": [1]})
        endpoints.settings(linear={"model": model, "hosting": SERVERLESS})
        endpoints.answers(lambda asked: b"[]")
        ran = slipway("smoke", "linear")
        assert ran.status == 0
        assert f"the request has {4 * MB + 1} bytes, and serverless hosting takes {4 * MB}" in ran.text
        assert len(endpoints.invocations) == 1

    @pytest.mark.parametrize("options", [[], ["--json"]], ids=["plain", "--json"])
    def test_where_nothing_can_be_sent_nothing_is_well(
        self, slipway: Callable[..., Any], endpoints: Endpoints, options: list[str]
    ) -> None:
        endpoints.settings(linear={"model": endpoints.model(), "hosting": SERVERLESS})
        ran = slipway("smoke", "linear", *options)
        assert ran.status == 1
        assert "has no samples" in ran.text
        assert "Nothing was sent" in ran.errors

    def test_a_wrong_sample_is_said_before_anything_is_sent(
        self, slipway: Callable[..., Any], endpoints: Endpoints
    ) -> None:
        endpoints.settings(
            linear={"model": endpoints.model(good={"body": [1]}), "hosting": SERVERLESS},
            other={"model": endpoints.model("wrong", bad={"accept": "text/csv"}), "hosting": SERVERLESS},
        )
        assert "bad.yaml" in slipway("smoke").error()
        assert endpoints.aws.requests == []


class TestVariants:
    def test_each_is_asked_the_samples_of_its_own_model(
        self, slipway: Callable[..., Any], endpoints: Endpoints
    ) -> None:
        a = endpoints.model("a", one={"body": [1], "expected": ["first"]})
        b = endpoints.model(
            "b", one={"body": [1], "expected": ["second"]}, two={"body": [2], "expected": ["second"]}
        )
        endpoints.settings(
            linear={"variants": {"first": {"model": a}, "second": {"model": b}}, "hosting": REAL_TIME}
        )
        endpoints.answers(lambda asked: json.dumps([asked["TargetVariant"]]).encode())
        ran = slipway("smoke", "linear", "--json")
        assert ran.status == 0
        assert checks(ran) == [("first", "one", "ok"), ("second", "one", "ok"), ("second", "two", "ok")]

    def test_a_shadow_is_not_asked(self, slipway: Callable[..., Any], endpoints: Endpoints) -> None:
        model = endpoints.model(one={"body": [1]})
        endpoints.settings(linear={"model": model, "shadow": {"model": model}, "hosting": REAL_TIME})
        endpoints.answers(lambda asked: b"[]")
        ran = slipway("smoke", "linear", "--json")
        assert (ran.status, [verdict for _, _, verdict in checks(ran)]) == (0, ["answered", "skipped"])
        assert "answers are dropped" in ran.text


class TestAsynchronous:
    def test_the_answer_is_waited_for_in_s3(self, slipway: Callable[..., Any], endpoints: Endpoints) -> None:
        model = endpoints.model(one={"body": [1], "expected": [2]})
        endpoints.settings(queued={"model": model, "hosting": ASYNC})
        endpoints.stored["out"] = b"[2]"
        ran = slipway("smoke", "queued", "--json")
        assert (ran.status, [verdict for _, _, verdict in checks(ran)]) == (0, ["ok"])
        assert endpoints.invocations == []

    def test_a_failure_is_that_of_one_sample(self, slipway: Callable[..., Any], endpoints: Endpoints) -> None:
        model = endpoints.model(one={"body": [1]}, two={"body": [2]})
        endpoints.settings(queued={"model": model, "hosting": ASYNC})
        endpoints.stored["failure"] = b"bad input\n"
        ran = slipway("smoke", "queued", "--json")
        assert (ran.status, [verdict for _, _, verdict in checks(ran)]) == (1, ["failed", "failed"])
        assert "failed: bad input" in ran.text

    def test_variants_of_different_models_cannot_be_told_apart(
        self, slipway: Callable[..., Any], endpoints: Endpoints
    ) -> None:
        a, b = (endpoints.model(name, one={"body": [1]}) for name in "ab")
        endpoints.settings(queued={"variants": {"first": {"model": a}, "second": {"model": b}}, "hosting": ASYNC})
        ran = slipway("smoke", "queued")
        assert ran.status == 1
        assert "cannot name the variant" in ran.text

    def test_variants_of_one_model_are_asked_once(self, slipway: Callable[..., Any], endpoints: Endpoints) -> None:
        model = {"model": endpoints.model(one={"body": [1], "expected": [2]})}
        endpoints.settings(queued={"variants": {"first": model, "second": model}, "hosting": ASYNC})
        endpoints.stored["out"] = b"[2]"
        ran = slipway("smoke", "queued", "--json")
        assert (ran.status, [verdict for _, _, verdict in checks(ran)]) == (0, ["ok", "skipped"])
        assert len(endpoints.aws.requests_of("InvokeEndpointAsync")) == 1


class TestEnvironment:
    def test_without_endpoints_there_is_nothing_to_ask_and_all_is_well(
        self, slipway: Callable[..., Any], endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(smoke_module, "connect", lambda settings: pytest.fail("AWS was asked"))
        endpoints.settings()
        ran = slipway("smoke")
        assert (ran.status, ran.text, ran.errors) == (0, "Environment local has no endpoints\n", "")
        ran = slipway("smoke", "--json")
        assert ran.status == 0
        assert json.loads(ran.text) == {"environment": "local", "ok": True, "checks": []}
        assert "has no endpoint 'linear'" in slipway("smoke", "linear").error()

    def test_all_endpoints_are_asked_and_one_without_a_model_folder_is_skipped(
        self, slipway: Callable[..., Any], endpoints: Endpoints
    ) -> None:
        model = endpoints.model(one={"body": [1], "expected": [1]})
        data = {"s3_uri": "s3://models/x.tar.gz", "etag": "0" * 32}
        endpoints.settings(
            a={"model": model, "hosting": SERVERLESS},
            b={"model": model, "hosting": SERVERLESS},
            c={"model_data": data, "container": "slim", "hosting": SERVERLESS},
        )
        endpoints.answers(lambda asked: b"[1]", "a")
        endpoints.answers(lambda asked: b"[1]", "b")
        ran = slipway("smoke")
        assert ran.status == 0
        assert [line.split(":")[0] for line in ran.text.splitlines()] == [
            "ok       a/AllTraffic/one",
            "ok       b/AllTraffic/one",
            "skipped  c/AllTraffic",
        ]

    def test_one_that_is_not_deployed_fails_and_the_others_are_asked(
        self, slipway: Callable[..., Any], endpoints: Endpoints
    ) -> None:
        model = endpoints.model(one={"body": [1], "expected": [1]}, two={"body": [1]})
        endpoints.settings(a={"model": model, "hosting": SERVERLESS}, b={"model": model, "hosting": SERVERLESS})
        endpoints.gone = {"a"}
        endpoints.answers(lambda asked: b"[1]", "b")
        ran = slipway("smoke", "--json")
        assert ran.status == 1
        assert [verdict for _, _, verdict in checks(ran)] == ["failed", "skipped", "ok", "answered"]
        assert "'a' is not deployed in environment local" in ran.text
