from __future__ import annotations

import pytest

from serving.core.errors import StartError
from serving.core.settings import listening_port, read_settings

HANDLER = "def model_fn(model_dir): return None\n"


def test_without_anything_the_defaults_hold(model_dir):
    settings = read_settings(model_dir(), {})
    assert settings.entry_point is None
    assert settings.warm_up is None
    assert settings.default_accept == "application/json"


def test_inference_py_is_the_handler_when_nothing_names_one(model_dir):
    folder = model_dir(HANDLER)
    assert read_settings(folder, {}).entry_point == folder / "code/inference.py"


@pytest.mark.parametrize("settings", [{"entry_point": "inference.py"}, {}])
def test_a_tarball_without_inference_py_is_served_by_the_defaults_although_it_is_named(model_dir, settings):
    folder = model_dir(settings=settings)
    assert read_settings(folder, {}).entry_point is None
    assert read_settings(folder, {"SAGEMAKER_PROGRAM": "inference.py"}).entry_point is None


def test_serving_json_names_the_handler(model_dir):
    folder = model_dir(HANDLER, settings={"entry_point": "own.py"}, files={"code/own.py": HANDLER})
    assert read_settings(folder, {}).entry_point == folder / "code/own.py"


def test_sagemaker_program_wins_over_serving_json(model_dir):
    files = {"code/own.py": HANDLER, "code/nested/other.py": HANDLER}
    folder = model_dir(settings={"entry_point": "own.py"}, files=files)
    settings = read_settings(folder, {"SAGEMAKER_PROGRAM": "nested/other.py"})
    assert settings.entry_point == folder / "code/nested/other.py"


def test_the_default_accept_comes_from_the_environment(model_dir):
    settings = read_settings(model_dir(), {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/CSV"})
    assert settings.default_accept == "text/csv"


def test_the_warm_up_sample_is_read(model_dir):
    warm_up = {"body": "warm_up.body", "content_type": "text/csv", "accept": "application/x-npy"}
    folder = model_dir(settings={"entry_point": None, "warm_up": warm_up}, files={"warm_up.body": "1,2"})
    sample = read_settings(folder, {}).warm_up
    assert (sample.body, sample.content_type, sample.accept) == (b"1,2", "text/csv", "application/x-npy")


@pytest.mark.parametrize(
    ("settings", "environment", "words"),
    [
        ({"entry_point": "gone.py"}, {}, ["serving.json", "gone.py", "does not exist"]),
        ({}, {"SAGEMAKER_PROGRAM": "gone.py"}, ["SAGEMAKER_PROGRAM", "gone.py", "does not exist"]),
        ({"entry_point": "../outside.py"}, {}, ["serving.json", "../outside.py", "inside"]),
        ({"entry_point": "notes.txt"}, {}, ["notes.txt", ".py"]),
        ({"entry_point": 7}, {}, ["serving.json", "entry_point", "string", "7"]),
        ([], {}, ["serving.json", "object", "list"]),
        ({"warm_up": "warm_up.body"}, {}, ["serving.json", "warm_up", "body"]),
        ({"warm_up": {"body": "gone.body"}}, {}, ["serving.json", "gone.body"]),
    ],
)
def test_a_wrong_setting_is_named(model_dir, settings, environment, words):
    files = {"outside.py": HANDLER, "code/notes.txt": ""}
    with pytest.raises(StartError) as caught:
        read_settings(model_dir(settings=settings, files=files), environment)
    assert all(word in str(caught.value) for word in words), caught.value


def test_serving_json_that_is_no_json_is_named(model_dir):
    with pytest.raises(StartError, match=r"serving\.json cannot be read"):
        read_settings(model_dir(files={"serving.json": "{"}), {})


def test_a_model_directory_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(StartError, match=r"gone does not exist.*--model-dir"):
        read_settings(tmp_path / "gone", {})


def test_the_port_of_the_command_line_wins():
    assert listening_port(8081, {"SAGEMAKER_BIND_TO_PORT": "8082"}) == 8081


def test_the_port_comes_from_the_environment_else_it_is_8080():
    assert listening_port(None, {"SAGEMAKER_BIND_TO_PORT": "8082"}) == 8082
    assert listening_port(None, {"SAGEMAKER_BIND_TO_PORT": ""}) == 8080
    assert listening_port(None, {}) == 8080


@pytest.mark.parametrize("value", ["http", "65536", "-1", "8080.0", "²"])
def test_a_variable_that_is_no_port_is_named(value):
    with pytest.raises(StartError, match="SAGEMAKER_BIND_TO_PORT"):
        listening_port(None, {"SAGEMAKER_BIND_TO_PORT": value})
