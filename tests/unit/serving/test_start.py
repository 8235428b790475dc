from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys

import pytest
import torch

from serving.core.errors import StartError
from serving.listener import bind


def test_it_says_ready_and_answers(linear_server, linear):
    started = linear_server
    assert started.port > 0
    assert started.request("GET", "/ping").status == 200
    answer = started.request("POST", "/invocations", json.dumps([[0.5] * 10]).encode())
    assert answer.status == 200
    assert "server" not in answer.headers
    with torch.inference_mode():
        expected = linear(torch.full((1, 10), 0.5))
    assert torch.allclose(torch.tensor(answer.json()), expected, rtol=0, atol=1e-6)


def test_bodies_up_to_the_limit_and_above_it(linear_server):
    started = linear_server
    body = b"[[0,0,0,0,0,0,0,0,0,0]]"
    assert started.request("POST", "/invocations", body.ljust(6_553_500)).status == 200
    answer = started.request("POST", "/invocations", body.ljust(6_553_501))
    assert answer.status == 413
    assert "6553500" in answer.reason


def test_the_port_of_the_environment_is_taken(server, model_dir):
    started = server(model_dir(), environment={"SAGEMAKER_BIND_TO_PORT": "0"}).wait_ready()
    assert started.request("GET", "/ping").status == 200


def test_a_model_that_cannot_be_loaded_ends_the_start_with_the_traceback(server, model_dir):
    code = """
        def model_fn(model_dir):
            return weights_of(model_dir)
        def weights_of(model_dir):
            raise FileNotFoundError("no weights here")
    """
    errors = server(model_dir(code), "--port", "0").wait_failed()
    assert "Traceback (most recent call last)" in errors
    assert "in weights_of" in errors
    last = errors.splitlines()[-1]
    assert last.startswith("serving: ")
    assert "model_fn" in last
    assert "FileNotFoundError: no weights here" in last


def test_a_failing_warm_up_sample_ends_the_start(server, model_dir):
    settings = {"warm_up": {"body": "warm_up.body", "content_type": "application/json"}}
    errors = server(model_dir(settings=settings, files={"warm_up.body": "[[1, 2]]"}), "--port", "0").wait_failed()
    assert "warm_up.body" in errors.splitlines()[-1]


def test_requirements_that_cannot_be_installed_end_the_start(server, model_dir, tmp_path):
    folder = model_dir(files={"code/requirements.txt": "--no-index\nslipway_absent==1\n"})
    errors = server(folder, "--port", "0", "--packages-dir", str(tmp_path / "packages")).wait_failed()
    assert "ERROR: No matching distribution found" in errors
    assert errors.splitlines()[-1].startswith("serving: pip cannot install")


def test_a_port_in_use_ends_the_start_with_one_line(server, model_dir):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        errors = server(model_dir(), "--port", str(port)).wait_failed()
    assert errors.count("\n") == 1
    assert f"127.0.0.1:{port}" in errors
    assert "--port" in errors


def test_a_port_that_another_takes_before_this_one_is_ready():
    slow = bind("127.0.0.1", 0)
    fast = bind("127.0.0.1", slow.port)
    fast.listen()
    with pytest.raises(StartError, match=f"127.0.0.1:{slow.port}"):
        slow.listen()
    slow.socket.close()
    fast.socket.close()


def test_a_host_that_does_not_exist_is_named():
    with pytest.raises(StartError, match=r"no\.such\.host\.invalid"):
        bind("no.such.host.invalid", 0)


def test_a_connection_is_refused_until_the_server_listens():
    listener = bind("127.0.0.1", 0)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", listener.port))
    listener.listen()
    socket.create_connection(("127.0.0.1", listener.port)).close()
    listener.socket.close()


def test_sigterm_while_the_model_is_loaded_ends_the_start(server, model_dir):
    code = """
        import threading
        def model_fn(model_dir):
            print("loading", flush=True)
            threading.Event().wait()
    """
    started = server(model_dir(code), "--port", "0")
    assert "loading\n" in started.lines()
    started.process.send_signal(signal.SIGTERM)
    started.process.communicate(timeout=60)
    assert started.process.returncode == 128 + signal.SIGTERM


def test_help_names_what_it_serves_and_its_options():
    answer = subprocess.run(
        [sys.executable, "-m", "serving", "--help"], check=True, capture_output=True, text=True
    )
    for word in ("/ping", "/invocations", "--model-dir", "--port", "--packages-dir", "SAGEMAKER_PROGRAM"):
        assert word in answer.stdout


@pytest.mark.parametrize(
    "options",
    [["--port", "65536"], ["--port", "http"], ["--install-timeout", "0"], ["--drain-timeout", "-1"], ["train"]],
)
def test_a_wrong_option_ends_with_status_2(options):
    answer = subprocess.run(
        [sys.executable, "-m", "serving", *options], check=False, capture_output=True, text=True
    )
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr


def test_packages_of_the_requirements_win_over_the_environments_and_the_handler_over_both(
    server, model_dir, tmp_path
):
    code = """
        import sys
        def model_fn(model_dir): return None
        def predict_fn(data, model): return sys.path
    """
    folder = model_dir(code, files={"code/requirements.txt": "# nothing\n"})
    started = server(folder, "--port", "0", "--packages-dir", str(tmp_path / "packages")).wait_ready()
    first, second = started.request("POST", "/invocations", b"[1]").json()[:2]
    assert first == str(folder / "code")
    assert second.startswith(str(tmp_path / "packages"))
