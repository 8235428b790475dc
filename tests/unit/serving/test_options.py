from __future__ import annotations

import pytest

from serving.core.errors import StartError
from serving.core.options import Batch, Options, read_options
from serving.core.settings import read_settings


def test_without_a_section_the_defaults_hold():
    assert read_options(None, "serving") == Options()
    assert read_options({}, "serving") == Options()


def test_every_key_is_read():
    section = {
        "workers": 2,
        "threads": 3,
        "device": "cuda:1",
        "autocast_dtype": "bfloat16",
        "optimize": "freeze",
        "nan": "null",
        "queue_size": 7,
        "request_timeout": 2.5,
        "max_body_bytes": 10,
        "log_requests": False,
        "batch": {"max_size": 8},
    }
    assert read_options(section, "serving") == Options(**{**section, "batch": Batch(8)})


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ([], ["serving has to be an object"]),
        ({"worker": 1}, ["serving.worker is unknown", "did you mean workers?"]),
        ({"zzz": 1}, ["serving.zzz", "queue_size"]),
        ({"workers": 0}, ["serving.workers", "from 1 to 256, or null", "0"]),
        ({"workers": True}, ["serving.workers", "true"]),
        ({"threads": "2"}, ["serving.threads", '"2"']),
        ({"device": "gpu"}, ["serving.device", "cuda:N"]),
        ({"autocast_dtype": "int8"}, ["bfloat16", "int8"]),
        ({"optimize": "fast"}, ["serving.optimize", 'true, false, "freeze"']),
        ({"optimize": 1}, ["serving.optimize"]),
        ({"nan": None}, ["serving.nan", "refuse"]),
        ({"queue_size": 0}, ["serving.queue_size"]),
        ({"request_timeout": 0}, ["serving.request_timeout", "above 0"]),
        ({"request_timeout": float("nan")}, ["serving.request_timeout"]),
        ({"log_requests": "no"}, ["serving.log_requests"]),
        ({"batch": 8}, ["serving.batch", "max_size"]),
        ({"batch": {"size": 8}}, ["serving.batch.size", "did you mean max_size?"]),
        ({"batch": {"max_size": 0}}, ["serving.batch.max_size"]),
        ({"workers": 0, "threads": 0}, ["serving.workers", "serving.threads"]),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(section, words):
    with pytest.raises(StartError) as caught:
        read_options(section, "serving")
    assert all(word in str(caught.value) for word in words), caught.value


def test_the_section_of_serving_json_is_read(model_dir):
    assert read_settings(model_dir(settings={"serving": {"queue_size": 3}}), {}).options.queue_size == 3


def test_a_mistake_in_serving_json_names_the_file(model_dir):
    with pytest.raises(StartError, match=r"serving\.json: serving\.queue_size"):
        read_settings(model_dir(settings={"serving": {"queue_size": 0}}), {})


def test_variables_win(model_dir):
    environment = {
        "SAGEMAKER_MODEL_SERVER_WORKERS": "3",
        "SAGEMAKER_MODEL_SERVER_TIMEOUT": "20",
        "OMP_NUM_THREADS": "4",
    }
    options = read_settings(model_dir(settings={"serving": {"workers": 2}}), environment).options
    assert (options.workers, options.request_timeout, options.threads) == (3, 20, 4)


@pytest.mark.parametrize("value", ["many", "0", "-1"])
def test_a_variable_of_no_use_is_named(model_dir, value):
    with pytest.raises(StartError, match="SAGEMAKER_MODEL_SERVER_WORKERS"):
        read_settings(model_dir(), {"SAGEMAKER_MODEL_SERVER_WORKERS": value})
