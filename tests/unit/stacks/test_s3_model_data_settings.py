"""`model_data` in an environment's file: the place of a tarball in S3, in place of a model that is packed."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from stacks.settings import SettingsError, load_environment
from stacks.settings.schema import render

URI = "s3://bucket/models/v7/model.tar.gz"


def _load(folder: Path, endpoint: dict[str, Any]) -> Any:
    hosting = {"type": "serverless"}
    document = {
        "account": "123456789012",
        "region": "eu-central-1",
        "endpoints": {"one": {**endpoint, "hosting": hosting}},
    }
    (folder / "made.yaml").write_text(yaml.safe_dump(document))
    try:
        return load_environment("made", folder).endpoints["one"]
    except SettingsError as error:
        return str(error).replace(f"{folder}/", "").splitlines()


def test_a_tarball_in_s3_takes_the_place_of_a_model(tmp_path: Path) -> None:
    endpoint = _load(tmp_path, {"model_data": {"s3_uri": URI, "etag": '"abc-2"'}})
    assert endpoint.model == ""
    assert (endpoint.model_data.bucket, endpoint.model_data.key) == ("bucket", "models/v7/model.tar.gz")
    assert endpoint.model_data.etag == "abc-2"


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ({}, "model: is missing; name the model that is packed, or a tarball in S3 by model_data"),
        ({"model": ""}, "model: is missing; name the model that is packed, or a tarball in S3 by model_data"),
        ({"model": "a", "model_data": {"s3_uri": URI}}, "model: stands beside model_data; remove one of the two"),
        ({"model_data": {}}, "model_data: s3_uri is missing; write the tarball's place, as in s3://"),
        (
            {"model_data": {"s3_uri": URI, "etags": "a"}},
            "model_data: etags: unknown key; allowed: s3_uri, etag; did",
        ),
        ({"model_data": URI}, "model_data: must hold `key: value` lines, not "),
        ({"model_data": {"s3_uri": 1}}, "model_data.s3_uri: must be text, in quotes"),
        (
            {"model_data": {"s3_uri": URI, "etag": "a b"}},
            "model_data.etag: 'a b' is not an ETag; allowed: letters",
        ),
    ],
)
def test_mistakes(tmp_path: Path, endpoint: dict[str, Any], message: str) -> None:
    (line,) = _load(tmp_path, endpoint)
    assert line.startswith(f"made.yaml: endpoints.one.{message}")


@pytest.mark.parametrize(
    "uri",
    [
        "s3://bucket/model.zip",
        "s3://bucket/a*.tar.gz",
        "s3://bucket/${aws:username}.tar.gz",
        "s3://Bucket/a.tar.gz",
        "https://bucket.s3.amazonaws.com/a.tar.gz",
        "s3://bucket/.tar.gz\n",
        f"s3://bucket/{'a' * 1100}.tar.gz",
    ],
)
def test_what_is_no_place_of_a_tarball(tmp_path: Path, uri: str) -> None:
    (line,) = _load(tmp_path, {"model_data": {"s3_uri": uri}})
    assert "is not the place of a tarball, as in s3://bucket/models/model.tar.gz" in line


@pytest.mark.parametrize("endpoint", [{}, {"model": ""}, {"model": "a", "model_data": {"s3_uri": URI}}])
def test_the_schema_wants_one_of_the_two(endpoint: dict[str, Any]) -> None:
    document = {"account": "123456789012", "region": "eu-central-1", "endpoints": {"one": dict(endpoint)}}
    document["endpoints"]["one"]["hosting"] = {"type": "serverless"}  # type: ignore[index]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json.loads(render()))
