"""classifier.toml of model_code/resnet50: each mistake has a message with the key and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from .resnet50_modules import FOLDER, resnet50

LABELS = 'labels = ["cat", "dog"]\ntop_k = 2\n'
read_settings = resnet50.classifier_settings.read_settings
SettingsError = resnet50.classifier_settings.SettingsError


def read(folder: Path, text: str) -> object:
    (folder / "classifier.toml").write_text(text)
    return read_settings(folder / "classifier.toml")


def test_the_committed_file_has_the_classes_of_the_pictures_and_no_host() -> None:
    settings = read_settings(FOLDER / "classifier.toml")
    assert set(settings.labels) == resnet50.pictures._MASKS.keys()
    assert settings.url.hosts == ()
    assert settings.top_k == 3


def test_all_but_the_labels_has_a_default_and_the_default_head_is_the_documents(tmp_path: Path) -> None:
    settings = read(tmp_path, LABELS)
    assert settings.labels == ("cat", "dog")
    assert (settings.head.hidden, settings.head.dropout) == (2048, 0.4)
    assert (settings.backbone.width, settings.backbone.blocks) == (64, (3, 4, 6, 3))
    assert (settings.url.hosts, settings.seeded) == ((), ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("top_k = 2", "labels is missing; it has to be a list of two or more different names"),
        ('labels = ["cat", "cat"]', "labels has to be a list of two or more different names"),
        (f"{LABELS}topk = 1", "topk is unknown; did you mean top_k?"),
        (f"{LABELS}zzz = 1", "zzz is unknown; there are labels, top_k, checkpoints"),
        ('labels = ["cat", "dog"]\ntop_k = 3', "top_k has to be at most the number of labels, 2, not 3"),
        ('labels = ["cat", "dog"]', "top_k has to be at most the number of labels, 2, not 3"),
        ('labels = ["cat", "dog"]\ntop_k = true', "top_k has to be a whole number from 1 to 1000, not True"),
        (f'{LABELS}checkpoints = ["../w.pth"]', "checkpoints has to be a list of .pt and .pth files beside"),
        (f'{LABELS}seeded = ["neck"]', 'seeded has to be a list of "backbone" and "head"'),
        (f"{LABELS}url = 1", "url has to be a section, not 1"),
        (f"{LABELS}[url]\nhost = []", "url.host is unknown; did you mean hosts?"),
        (f'{LABELS}[url]\nhosts = ["https://a.example"]', "url.hosts has to be a list of names in small letters"),
        (f'{LABELS}[url]\nhosts = ["*.example.com"]', "url.hosts has to be a list of names in small letters"),
        (f'{LABELS}[url]\nhosts = ["10.0.0.1"]', "url.hosts has to be a list of names in small letters"),
        (f"{LABELS}[url]\nseconds = 0", "url.seconds has to be a number above 0, 30 at most, not 0"),
        (f"{LABELS}[backbone]\nblocks = [3, 4]", "backbone.blocks has to be four whole numbers from 1 to 100"),
        (f"{LABELS}[head]\ndropout = 2", "head.dropout has to be a number from 0 to 1, not 2"),
        ("labels", "classifier.toml cannot be read"),
    ],
    ids=range(18),
)
def test_a_mistake_is_named_with_its_mend(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read(tmp_path, text)
    assert str(raised.value).startswith("classifier.toml")
    assert message in str(raised.value)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"top_k has to be .*; url\.seconds has to be"):
        read(tmp_path, "labels = ['a', 'b']\ntop_k = 0\n[url]\nseconds = 99")


@pytest.mark.parametrize("host", ["images.example.com", "a.b", "localhost:8443", "xn--bcher-kva.example"])
def test_a_host_may_have_a_port(tmp_path: Path, host: str) -> None:
    assert read(tmp_path, f'{LABELS}[url]\nhosts = ["{host}"]').url.hosts == (host,)
