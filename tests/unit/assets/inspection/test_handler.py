from typing import Any

import pytest

from assets.inspection.handler import PARAMETERS, TAKEN_NAMES
from serving.core import user_code


def _ids(findings: Any) -> list[str]:
    return [finding.id for finding in findings]


def test_it_knows_what_the_server_calls() -> None:
    written = {name: tuple(text.split(", ")) for name, text in user_code._PARAMETERS.items()}
    assert written == PARAMETERS
    assert user_code._TAKEN_NAMES == TAKEN_NAMES


@pytest.mark.parametrize(
    "source",
    [
        "def model_fn(model_dir): ...\ndef input_fn(body, content_type): ...",
        "def model_fn(model_dir, context): ...\ndef predict_fn(data, model, context=None): ...",
        "def model_fn(*arguments): ...\ndef input_fn(body, *rest): ...",
        "def model_fn(model_dir, /, *, device='cpu'): ...",
        "def model_fn(model_dir): ...\ndef transform_fn(model, body, content_type, accept): ...",
        "from somewhere import model_fn, predict_fn",
        "import functools\nmodel_fn = functools.partial(print, 1)",
        "from functools import cache\n@cache\ndef model_fn(): ...",
        "try:\n    from fast import model_fn\nexcept ImportError:\n    def model_fn(model_dir): ...",
        "class Helper:\n    def input_fn(self): ...\ndef model_fn(model_dir): ...",
    ],
)
def test_handlers_that_the_server_accepts(inspect: Any, source: str) -> None:
    assert inspect({"code/inference.py": source.encode()}) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def model_fn(): ...", "handler-signature"),
        ("def model_fn(model_dir, context, more): ...", "handler-signature"),
        ("def model_fn(model_dir, *, device): ...", "handler-signature"),
        ("async def model_fn(model_dir): ...", "handler-async"),
        (
            "def model_fn(d): ...\ndef transform_fn(model, body, content_type, accept): ...\ninput_fn = print",
            "handler-transform",
        ),
        (
            "from x import predict_fn, model_fn\ndef transform_fn(model, body, content_type, accept): ...",
            "handler-transform",
        ),
        ("def model_fn(model_dir) ...", "syntax-error"),
    ],
)
def test_handlers_that_it_refuses(inspect: Any, source: str, expected: str) -> None:
    assert _ids(inspect({"code/inference.py": source.encode()})) == [expected]


def test_the_line_is_named(inspect: Any) -> None:
    (finding,) = inspect({"code/inference.py": b"x = 1\n\n\ndef model_fn(): ...\n"})
    assert finding.where == "code/inference.py, line 4"
    assert "model_fn(model_dir)" in finding.mend


def test_the_handler_that_serving_json_names(inspect: Any) -> None:
    serving = {"serving.json": b'{"entry_point": "mine.py"}'}
    files = {**serving, "code/inference.py": None}
    assert inspect({**files, "code/mine.py": b"def model_fn(model_dir): ...\n"}) == []
    assert _ids(inspect({**files, "code/mine.py": b"def model_fn(): ...\n"})) == ["handler-signature"]
    assert set(_ids(inspect(files))) == {"handler-missing", "model-needs-handler"}


def test_a_package_without_a_handler_names_the_default_one(inspect: Any) -> None:
    files = {"serving.json": b'{"entry_point": "inference.py"}', "code/inference.py": None}
    assert _ids(inspect(files)) == ["model-needs-handler"]


def test_a_ray_serve_application_loads_its_model_itself(inspect: Any) -> None:
    files = {"config.yaml": b"applications: []\n", "deployment.py": b"app = 1\n", "code/inference.py": None}
    assert inspect(files, container="ray-serve") == []
    (finding,) = inspect({**files, "model.pt": None, "weights.safetensors": b"x"}, container="ray-serve")
    assert (finding.id, finding.severity) == ("model-file-missing", "warning")
    assert _ids(inspect({**files, "serving.json": b"{}"}, container="ray-serve")) == ["model-needs-handler"]


def test_a_name_that_hides_a_module(inspect: Any) -> None:
    loads = b"def model_fn(model_dir): ...\n"
    files = {"serving.json": b'{"entry_point": "json.py"}', "code/inference.py": None, "code/json.py": loads}
    assert _ids(inspect(files)) == ["handler-name-taken"]


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"[" * 100_000, b'{"a": 1}\0'])
@pytest.mark.parametrize("name", ["serving.json", "manifest.json"])
def test_descriptions_that_cannot_be_read(inspect: Any, name: str, content: bytes) -> None:
    assert _ids(inspect({name: content})) == ["manifest-unreadable"]
