"""model_code/resnet50 as it is served: the package, its samples, and answers against the same model in torch."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from assets.model_folder import find_model
from assets.preflight.answers import difference
from assets.samples import load_samples

from ..serving.conftest import Client  # noqa: TID252
from .resnet50_modules import FOLDER, resnet50

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")

NPY = "application/x-npy"
TINY = """\
labels = ["cat", "dog", "owl", "bee"]
top_k = 2
seeded = ["backbone", "head"]
[head]
hidden = 8
[backbone]
width = 4
blocks = [1, 1, 1, 1]
"""


def picture(label: str, seed: int = 5) -> bytes:
    file = io.BytesIO()
    resnet50.pictures.draw(label, np.random.default_rng(seed)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the model, small enough to be exported in a moment."""
    copy = tmp_path_factory.mktemp("models") / "resnet50"
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("samples", "head.pth", "__pycache__"))
    (copy / "classifier.toml").write_text(TINY)
    return copy


@pytest.fixture(scope="module")
def unpacked(unpack: Callable[[Path], Path], folder: Path) -> Path:
    return unpack(folder)


@pytest.fixture
def client(serve: Callable[[Path], Client], unpacked: Path) -> Client:
    return serve(unpacked)


@pytest.fixture(scope="module")
def in_torch(folder: Path) -> Callable[[torch.Tensor], np.ndarray]:
    """The same network, called by torch."""
    settings = resnet50.classifier_settings.read_settings(folder / "classifier.toml")
    model = resnet50.model.Classifier(resnet50.model.create_network(settings)).eval()

    def probabilities(images: torch.Tensor) -> np.ndarray:
        with torch.inference_mode():
            return model(images).numpy()

    return probabilities


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def assert_names_the_likeliest(answer: list[dict[str, Any]], probabilities: np.ndarray) -> None:
    likeliest = np.argsort(-probabilities)[:2]
    assert [item["label"] for item in answer] == [("cat", "dog", "owl", "bee")[place] for place in likeliest]
    np.testing.assert_allclose([item["score"] for item in answer], probabilities[likeliest], atol=1e-5)


@pytest.mark.parametrize(("kind", "content_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg; charset=binary")])
def test_an_image_is_answered_with_the_likeliest_classes_and_their_scores(
    client: Client, in_torch: Callable[[torch.Tensor], np.ndarray], kind: str, content_type: str
) -> None:
    file = io.BytesIO()
    Image.open(io.BytesIO(picture("circle"))).save(file, kind)
    answer = client.invoke(file.getvalue(), content_type)
    assert (answer.status, answer.content_type) == (200, "application/json")
    expected = in_torch(resnet50.image_input.read_image(file.getvalue(), 10**6))
    assert_names_the_likeliest(answer.json(), expected[0])


def test_each_prepared_image_of_an_array_has_a_list(
    client: Client, in_torch: Callable[[torch.Tensor], np.ndarray]
) -> None:
    images = np.random.default_rng(0).normal(size=(3, 3, 64, 48)).astype(np.float32)
    answers = client.invoke(npy(images), NPY).json()
    expected = in_torch(torch.from_numpy(images))
    assert len(answers) == 3
    for answer, row in zip(answers, expected, strict=True):
        assert_names_the_likeliest(answer, row)
    assert len(client.invoke(npy(images[:1]), NPY).json()) == 1


@pytest.mark.parametrize("accept", [NPY, "text/csv"])
def test_arrays_have_the_probabilities_of_all_classes(
    client: Client, in_torch: Callable[[torch.Tensor], np.ndarray], accept: str
) -> None:
    answer = client.invoke(picture("grid"), "image/png", accept)
    body = io.BytesIO(answer.body)
    found = np.load(body) if accept == NPY else np.loadtxt(body, delimiter=",")[None]
    expected = in_torch(resnet50.image_input.read_image(picture("grid"), 10**6))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(found.sum(), 1, atol=1e-5)


def test_an_accept_that_cannot_be_met_is_406(client: Client) -> None:
    assert client.invoke(picture("grid"), "image/png", "text/html").status == 406


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"GIF89a", "image/png", "no JPEG or PNG image"),
        (picture("dots")[:500], "image/png", "no JPEG or PNG image"),
        (b"1,2", "text/csv", "Content type 'text/csv' is not supported; send image/jpeg, image/png"),
        (npy(np.zeros((1, 3, 64, 64), np.uint8)), NPY, "send floats of shape"),
        (npy(np.full((1, 3, 64, 64), 3e38, np.float32)), NPY, "prepared pixels lie between -3 and 3"),
        (b'{"url": "https://images.example.com/a.png"}', "application/json", "Fetching of URLs is off."),
        (b'{"instances": [1]}', "application/json", 'The body is not {"url": "https://…"}.'),
    ],
    ids=["gif", "half", "csv", "bytes", "large", "url", "json"],
)
def test_what_it_cannot_take_is_the_clients_mistake(
    client: Client, body: bytes, content_type: str, reason: str
) -> None:
    answer = client.invoke(body, content_type)
    assert answer.status == 400
    assert reason in answer.reason


def test_the_largest_numbers_that_are_taken_have_probabilities(client: Client) -> None:
    images = np.where(np.random.default_rng(0).random((2, 3, 64, 64)) < 0.5, -1e4, 1e4)
    found = np.load(io.BytesIO(client.invoke(npy(images), NPY, NPY).body))
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)


def test_hosts_in_the_settings_turn_fetching_on(
    unpack: Callable[[Path], Path], serve: Callable[[Path], Client], folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "resnet50"
    shutil.copytree(folder, copy)
    (copy / "classifier.toml").write_text(TINY + '[url]\nhosts = ["localhost"]\n')
    client = serve(unpack(copy))
    assert "an address that is not public" in client.invoke({"url": "https://localhost/a.png"}).reason
    assert "none of those that may be asked" in client.invoke({"url": "https://example.com/a.png"}).reason


def test_the_tarball_has_the_handler_and_its_settings_and_no_training(unpacked: Path) -> None:
    assert {path.name for path in (unpacked / "code").iterdir()} == {
        *("inference.py", "image_input.py", "url_fetch.py", "url_rules.py", "timed_connection.py"),
        *("classifier_settings.py", "classifier.toml", "requirements.txt"),
    }


def test_labels_that_are_not_those_of_the_checkpoint_stop_the_export(folder: Path, tmp_path: Path) -> None:
    """The document's ten outputs and nine names would fail at the tenth class, when it is answered."""
    copy = tmp_path / "resnet50"
    shutil.copytree(folder, copy)
    network = resnet50.resnet.seeded(4, (1, 1, 1, 1))
    network.replace_head(classes=10, hidden=8, dropout=0.4)
    torch.save(network.state_dict(), copy / "model_0.pth")
    (copy / "classifier.toml").write_text('checkpoints = ["model_0.pth"]\n' + TINY)
    settings = resnet50.classifier_settings.read_settings(copy / "classifier.toml")
    with pytest.raises(
        resnet50.checkpoint.CheckpointError, match=r"fc\.2\.weight has the shape \[10, 8\], not \[4, 8\]"
    ):
        resnet50.checkpoint.load_checkpoints(
            resnet50.model.create_network(settings), [copy / "model_0.pth"], settings.seeded
        )


@pytest.fixture(scope="module")
def trained() -> torch.nn.Module:
    """The model as it is committed, with all its 25 million weights."""
    model: torch.nn.Module = resnet50.model.create_model().eval()
    return model


class Headers:
    """What output_fn asks of its context."""

    def __init__(self, content_type: str) -> None:
        self._content_type = content_type

    def get_request_header(self, idx: int, key: str) -> str | None:
        return self._content_type if (idx, key) == (0, "content-type") else None


@pytest.mark.parametrize("sample", load_samples(find_model("resnet50")), ids=lambda sample: sample.name)
def test_the_committed_weights_answer_the_samples(trained: torch.nn.Module, sample: Any) -> None:
    images = resnet50.inference.input_fn(sample.body, sample.content_type)
    with torch.inference_mode():
        answer = resnet50.inference.output_fn(trained(images), sample.accept, Headers(sample.content_type))
    body = npy(answer) if isinstance(answer, np.ndarray) else answer[0].encode()
    assert difference(sample.expected, body, sample.accept, sample.tolerance) is None


def test_a_head_learns_and_takes_features_as_they_are() -> None:
    """Its first layer takes over the scaling to mean 0 and deviation 1 of training."""
    torch.manual_seed(0)
    classes = torch.arange(120) % 3
    features = torch.randn(120, 32) * 0.01 + 5
    features[torch.arange(120), classes] += 0.1
    network = resnet50.resnet.seeded(1, (1, 1, 1, 1))
    network.replace_head(classes=3, hidden=16, dropout=0.4)
    before = (network.fc.eval()(features).argmax(1) == classes).float().mean()
    resnet50.train.train(network.fc, features, classes, epochs=200)
    after = (network.fc.eval()(features).argmax(1) == classes).float().mean()
    assert before < 0.6
    assert after > 0.95


def test_the_committed_files_are_small_and_the_readme_is_short() -> None:
    assert all(path.stat().st_size < 2 * 2**20 for path in FOLDER.rglob("*") if path.is_file())
    assert len((FOLDER / "README.md").read_text().splitlines()) <= 40
