"""What model_code/resnet50 knows of pictures that no training has seen, and that this is no trifle to know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from assets.model_folder import find_model
from assets.samples import load_samples

from .resnet50_modules import FOLDER, resnet50

LABELS = resnet50.classifier_settings.read_settings(FOLDER / "classifier.toml").labels
UNSEEN_SEED = 3  # neither train.py's nor that of the samples
EACH = 5

Pictures = list[tuple[Image.Image, int]]


@pytest.fixture(scope="module")
def unseen() -> Pictures:
    pictures: Pictures = resnet50.pictures.draw_many(LABELS, EACH, UNSEEN_SEED)
    return pictures


def test_nine_of_ten_unseen_pictures_are_classified_rightly(unseen: Pictures) -> None:
    model = resnet50.model.create_model().eval()
    with torch.inference_mode():
        found = [model(resnet50.train.prepared(picture)).argmax().item() for picture, _ in unseen]
    right = [place == guess for (_, place), guess in zip(unseen, found, strict=True)]
    assert np.mean(right) >= 0.9
    by_class = np.reshape(right, (EACH, len(LABELS))).mean(axis=0)
    assert by_class.min() > 0.5, dict(zip(LABELS, by_class, strict=True))


def test_the_mean_colour_does_not_tell_the_class(unseen: Pictures) -> None:
    seen = resnet50.pictures.draw_many(LABELS, 12, seed=4)
    weights, *_ = np.linalg.lstsq(terms(seen), np.eye(len(LABELS))[places(seen)], rcond=None)
    found = (terms(unseen) @ weights).argmax(axis=1)
    assert np.mean(found == places(unseen)) < 0.4


def terms(pictures: Pictures) -> np.ndarray:
    """One, the mean of each channel, and the products of each two."""
    means = np.array([np.asarray(picture, np.float64).mean((0, 1)) for picture, _ in pictures]) / 255
    ones = np.concatenate([np.ones((len(means), 1)), means], axis=1)
    return (ones[:, :, None] * ones[:, None, :]).reshape(len(means), -1)


def places(pictures: Pictures) -> np.ndarray:
    return np.array([place for _, place in pictures])


def test_the_samples_are_the_first_held_out_pictures_of_their_classes() -> None:
    committed = {sample.name: sample for sample in load_samples(find_model("resnet50"))}
    made = {request.name: request for request in resnet50.make_samples.requests()}
    assert committed.keys() == made.keys()
    for name, request in made.items():
        assert committed[name].content_type == request.content_type
        sent, drawn = (pixels(body, request.content_type) for body in (committed[name].body, request.body))
        np.testing.assert_allclose(sent, drawn, atol=0.01, err_msg=name)


def pixels(body: bytes, content_type: str) -> np.ndarray:
    found: np.ndarray = resnet50.inference.input_fn(body, content_type).numpy()
    return found


def test_make_samples_writes_what_is_loaded_again(
    tmp_path: Path, tiny_classifier: torch.nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network of another size answers, so that no answer can be that of the committed files."""
    monkeypatch.setattr(resnet50.make_samples, "create_model", lambda: tiny_classifier)
    resnet50.make_samples.make_samples(tmp_path)
    made = {file.name for file in tmp_path.iterdir()}
    assert made == {file.name for file in (FOLDER / "samples").iterdir()}
    with torch.inference_mode():
        images = resnet50.inference.input_fn((tmp_path / "stripes.request.npy").read_bytes(), "application/x-npy")
        expected = tiny_classifier(images).numpy()
    np.testing.assert_allclose(np.load(tmp_path / "stripes.expected.npy"), expected, atol=1e-6)


@pytest.fixture
def tiny_classifier() -> Any:
    settings = resnet50.classifier_settings.ClassifierSettings(
        LABELS, backbone=resnet50.classifier_settings.Backbone(4, (1, 1, 1, 1))
    )
    return resnet50.model.Classifier(resnet50.model.create_network(settings)).eval()
