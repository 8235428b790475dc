"""model_code/cifar10/train.py, run as SageMaker runs a training script."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from .cifar10_modules import FOLDER, cifar10

EACH_PROCESS = """\
import functools, sys
from pathlib import Path

import torch
from cluster import Cluster
from training import Options, train

class Kept:
    def __init__(self, member, folder):
        self.member, self.folder = member, folder

    def __getattr__(self, name):
        return getattr(self.member, name)

    def share(self, network):
        self.network = network
        return self.member.share(network)

def work(data, folder, member):
    steps = {"epochs": 1, "batch_size": 50, "learning_rate": 0.05, "momentum": 0.9}
    options = Options(data, folder / "model", None, **steps, seed=0)
    kept = Kept(member, folder)
    train(options, kept)
    torch.save(kept.network.state_dict(), folder / f"rank{member.rank}.pth")

if __name__ == "__main__":
    data, folder = map(Path, sys.argv[1:])
    Cluster(("127.0.0.1",), "127.0.0.1", gpus=2, has_cuda=False).run(functools.partial(work, data, folder))
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    cifar10.generate.generate(folder, 100, seed=0)
    return folder


def variables(data: Path, model: Path, **more: str) -> dict[str, str]:
    """The variables that SageMaker sets, on one host without GPUs."""
    return {
        **os.environ,
        "SM_MODEL_DIR": str(model),
        "SM_CHANNEL_TRAINING": str(data),
        "SM_HOSTS": '["algo-1"]',
        "SM_CURRENT_HOST": "algo-1",
        "SM_NUM_GPUS": "0",
        "CHECKPOINT_DIR": "",
        "OMP_NUM_THREADS": "1",  # threads of several tests at a time wait for one another
        **more,
    }


def started(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, FOLDER / "train.py", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(environment: dict[str, str], *arguments: str) -> str:
    process = started(environment, *arguments)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return output


def weights(folder: Path) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = torch.load(folder / "weights.pth", weights_only=True)
    return state


def test_the_script_leaves_the_weights_where_sagemaker_takes_them(data: Path, tmp_path: Path) -> None:
    output = run(variables(data, tmp_path), "--epochs", "1", "--batch-size", "50")
    assert re.search(r"^epoch 1 of 1: loss [0-9.]+, test accuracy [0-9.]+ %$", output, re.MULTILINE)
    assert [path.name for path in tmp_path.iterdir()] == ["weights.pth"]
    cifar10.network.Cnn().load_state_dict(weights(tmp_path))


def test_a_small_training_knows_images_that_it_has_not_seen(tmp_path: Path) -> None:
    cifar10.generate.generate(tmp_path, 200, seed=0)
    run(variables(tmp_path, tmp_path / "model"), "--epochs", "4", "--batch-size", "25")
    images, labels = cifar10.python_batches.load_images(tmp_path, cifar10.python_batches.TEST)
    network = cifar10.network.Cnn()
    untrained = cifar10.training.accuracy(network, *tensors(images, labels), torch.device("cpu"))
    network.load_state_dict(weights(tmp_path / "model"))
    trained = cifar10.training.accuracy(network, *tensors(images, labels), torch.device("cpu"))
    assert untrained < 0.3
    assert trained >= 0.9


@pytest.mark.soak
def test_the_whole_training_knows_nine_of_ten_images(tmp_path: Path) -> None:
    cifar10.generate.main([str(tmp_path)])
    output = run(variables(tmp_path, tmp_path / "model"))
    assert float(re.findall(r"test accuracy ([0-9.]+) %", output)[-1]) >= 90


def tensors(images: object, labels: object) -> tuple[torch.Tensor, torch.Tensor]:
    return cifar10.images.normalize(images), torch.as_tensor(labels)


def test_a_hyperparameter_is_an_argument_and_a_wrong_one_is_refused(data: Path, tmp_path: Path) -> None:
    process = started(variables(data, tmp_path), "--epochs", "0")
    output, _ = process.communicate()
    assert process.returncode == 2
    assert "argument --epochs: 0 is less than 1" in output


def test_data_that_is_not_cifar10_ends_with_its_name(tmp_path: Path) -> None:
    process = started(variables(tmp_path, tmp_path))
    output, _ = process.communicate()
    assert process.returncode == 1
    assert output == (
        f"train.py: {tmp_path}/data_batch_1 is not there; the data is CIFAR-10's python version, unpacked\n"
    )


def test_importing_the_script_trains_nothing() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SM_")}
    command = [sys.executable, "-c", "import train; print(train.model_fn.__name__)"]
    done = subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "model_fn\n"


def test_an_interrupted_training_goes_on_after_its_last_epoch(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(model: str, checkpoints: str) -> None:
        (tmp_path / checkpoints).mkdir(exist_ok=True)
        options = cifar10.training.Options(
            data,
            tmp_path / model,
            tmp_path / checkpoints,
            epochs=3,
            batch_size=50,
            learning_rate=0.1,
            momentum=0.9,
            seed=0,
        )
        cifar10.training.train(options, cifar10.cluster.Member(0, 1, torch.device("cpu")))

    judge, judged = cifar10.training.accuracy, []

    def interrupted(*arguments: object) -> float:
        judged.append(judge(*arguments))
        if len(judged) == 2:
            raise KeyboardInterrupt
        return judged[-1]

    monkeypatch.setattr(cifar10.training, "accuracy", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train("model", "checkpoints")
    assert not (tmp_path / "model").exists()

    train("model", "checkpoints")

    assert len(judged) == 4  # the first epoch was not done again, the second one was
    monkeypatch.setattr(cifar10.training, "accuracy", judge)
    train("whole", "other-checkpoints")
    resumed, whole = weights(tmp_path / "model"), weights(tmp_path / "whole")
    assert all(torch.allclose(resumed[name], whole[name], atol=1e-4) for name in whole)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_the_processes_of_one_host_train_one_network(data: Path, tmp_path: Path) -> None:
    """As on a host with two GPUs, but on the processor; each process leaves what it has in the end."""
    (tmp_path / "each.py").write_text(EACH_PROCESS)
    environment = variables(data, tmp_path, MASTER_PORT=free_port(), PYTHONPATH=str(FOLDER))
    command = [sys.executable, tmp_path / "each.py", data, tmp_path]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, second = (torch.load(tmp_path / f"rank{rank}.pth", weights_only=True) for rank in range(2))
    assert first.keys() == second.keys()
    assert all(torch.equal(value, second[name]) for name, value in first.items() if "running" not in name)
    saved = weights(tmp_path / "model")
    assert all(torch.equal(saved[name], first[name]) for name in saved)


def test_two_hosts_train_one_network_and_the_first_saves_it(data: Path, tmp_path: Path) -> None:
    port = free_port()
    hosts = ["127.0.0.1", "localhost"]
    processes = [
        started(
            variables(data, tmp_path / host, SM_HOSTS=json.dumps(hosts), SM_CURRENT_HOST=host, MASTER_PORT=port),
            *("--epochs", "1", "--batch-size", "50"),
        )
        for host in hosts
    ]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert "test accuracy" in outputs[0]
    assert "test accuracy" not in outputs[1]
    assert weights(tmp_path / hosts[0])
    assert not (tmp_path / hosts[1]).exists()


def test_the_processes_share_the_images_and_take_as_many_steps() -> None:
    members = [cifar10.cluster.Member(rank, 3, torch.device("cpu")) for rank in range(3)]
    steps = [[chosen for chosen, _ in cifar10.training._steps(100, 10, 1, 0, one)] for one in members]
    assert len({len(one) for one in steps}) == 1
    everything = torch.cat([chosen for one in steps for chosen in one])
    assert len(everything) == len(set(everything.tolist())) == 99


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_it_trains_on_a_gpu(data: Path, tmp_path: Path) -> None:
    output = run(variables(data, tmp_path, SM_NUM_GPUS="1"), "--epochs", "1")
    assert "epoch 1 of 1" in output
    assert all(not value.is_cuda for value in weights(tmp_path).values())


def test_a_host_that_is_not_among_the_hosts_is_refused(data: Path, tmp_path: Path) -> None:
    process = started(variables(data, tmp_path, SM_CURRENT_HOST="algo-7"))
    output, _ = process.communicate()
    assert (process.returncode, output) == (1, "train.py: algo-7 is none of the hosts algo-1\n")
