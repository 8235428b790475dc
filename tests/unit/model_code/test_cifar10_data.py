"""model_code/cifar10: CIFAR-10's original files, made by the generator and read by the loader."""

from __future__ import annotations

import pickle
import pickletools
from pathlib import Path

import numpy as np
import pytest
import torch

from .cifar10_modules import cifar10

FILES = ["batches.meta", *(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    cifar10.generate.main([str(folder), "--images-per-batch", "20"])
    return folder


def test_the_files_are_those_of_the_original_archive(data: Path) -> None:
    assert sorted(path.name for path in (data / "cifar-10-batches-py").iterdir()) == FILES


def test_a_batch_has_the_originals_keys_types_and_shapes(data: Path) -> None:
    with (data / "cifar-10-batches-py" / "data_batch_3").open("rb") as file:
        batch = pickle.load(file, encoding="bytes")  # noqa: S301 (our own file, read as the original's authors say)
    assert sorted(batch) == [b"batch_label", b"data", b"filenames", b"labels"]
    assert batch[b"batch_label"] == b"training batch 3 of 5"
    assert (batch[b"data"].dtype, batch[b"data"].shape) == (np.uint8, (20, 3072))
    assert sorted(batch[b"labels"]) == sorted([*range(10)] * 2)
    assert len(batch[b"filenames"]) == 20
    assert all(name.endswith(b".png") for name in batch[b"filenames"])


def test_the_names_of_the_classes_are_in_batches_meta(data: Path) -> None:
    with (data / "cifar-10-batches-py" / "batches.meta").open("rb") as file:
        meta = pickle.load(file, encoding="bytes")  # noqa: S301 (our own file)
    assert meta[b"label_names"] == [name.encode() for name in cifar10.images.CLASSES]
    assert (meta[b"num_cases_per_batch"], meta[b"num_vis"]) == (20, 3072)


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_pickled_as_python_2_did(data: Path, name: str) -> None:
    operations = [
        (code.name, value)
        for code, value, _ in pickletools.genops((data / "cifar-10-batches-py" / name).read_bytes())
    ]
    assert operations[0] == ("PROTO", 2)
    used = {code for code, _ in operations}
    assert not used & {"BINUNICODE", "SHORT_BINUNICODE", "BINBYTES", "SHORT_BINBYTES", "FRAME", "MEMOIZE"}
    assert {value for code, value in operations if code == "GLOBAL"} <= {
        "numpy.core.multiarray _reconstruct",
        "numpy ndarray",
        "numpy dtype",
    }


def test_a_seed_makes_the_same_files_and_another_one_others(data: Path, tmp_path: Path) -> None:
    cifar10.generate.generate(tmp_path / "same", 20, seed=0)
    cifar10.generate.generate(tmp_path / "other", 20, seed=1)
    first = (data / "cifar-10-batches-py" / "test_batch").read_bytes()
    assert (tmp_path / "same" / "cifar-10-batches-py" / "test_batch").read_bytes() == first
    assert (tmp_path / "other" / "cifar-10-batches-py" / "test_batch").read_bytes() != first


def test_the_loader_reads_the_images_channel_by_channel_and_row_by_row(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 3, 32, 32), np.uint8)
    labels = np.array([9, 0, 4])
    cifar10.batch_writer.write_batch(tmp_path / "test_batch", "any", pixels, labels, ["a", "b", "c"])
    with (tmp_path / "test_batch").open("rb") as file:
        flat = pickle.load(file, encoding="bytes")[b"data"]  # noqa: S301 (our own file)
    red, green, blue = flat[1][:1024], flat[1][1024:2048], flat[1][2048:]
    for channel, values in enumerate((red, green, blue)):
        assert (values.reshape(32, 32) == pixels[1, channel]).all()

    found, classes = cifar10.python_batches.load_images(tmp_path, ["test_batch"])

    assert (found == pixels).all()
    assert (classes == labels).all()


def test_the_loader_takes_the_folder_around_and_joins_the_training_batches(data: Path) -> None:
    around = cifar10.python_batches.load_images(data, cifar10.python_batches.TRAINING)
    inside = cifar10.python_batches.load_images(data / "cifar-10-batches-py", cifar10.python_batches.TRAINING)
    assert around[0].shape == (100, 3, 32, 32)
    assert all((first == second).all() for first, second in zip(around, inside, strict=True))


def test_images_are_normalized_tensors() -> None:
    tensor = cifar10.images.normalize(np.array([0, 255, 51], np.uint8))
    assert tensor.dtype == torch.float32
    assert torch.allclose(tensor, torch.tensor([-1.0, 1.0, -0.6]))


class Evil:
    """Runs code where a pickle is trusted."""

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return Path.touch, (Path("hacked"),)


def test_a_pickle_from_elsewhere_runs_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test_batch").write_bytes(pickle.dumps({b"data": Evil()}, 2))
    with pytest.raises(ValueError, match=r"test_batch is no batch of CIFAR-10: it asks for .*, which is no part"):
        cifar10.python_batches.load_images(tmp_path, ["test_batch"])
    assert not (tmp_path / "hacked").exists()


def written(path: Path, **changes: bytes) -> None:
    writer = cifar10.batch_writer
    items = {
        "data": writer._array(np.zeros((2, 3072), np.uint8)),
        "labels": writer._list([writer._int(1), writer._int(2)]),
    }
    writer._write(path, {**items, **changes})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"data": cifar10.batch_writer._array(np.zeros((2, 3000), np.uint8))}, "its data is no array of bytes"),
        ({"data": cifar10.batch_writer._int(1)}, "its data is no array of bytes"),
        ({"labels": cifar10.batch_writer._list([cifar10.batch_writer._int(1)])}, "its labels are not"),
        ({"labels": cifar10.batch_writer._list([cifar10.batch_writer._int(10)] * 2)}, "its labels are not"),
    ],
    ids=["other-size", "no-array", "too-few-labels", "no-such-class"],
)
def test_what_is_no_batch_is_named(tmp_path: Path, changes: dict[str, bytes], reason: str) -> None:
    written(tmp_path / "test_batch", **changes)
    with pytest.raises(ValueError, match=f"test_batch is no batch of CIFAR-10: {reason}"):
        cifar10.python_batches.load_images(tmp_path, ["test_batch"])


@pytest.mark.parametrize("content", [b"", b"\x80\x02}q", b"plain text"], ids=["empty", "cut-short", "no-pickle"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "test_batch").write_bytes(content)
    with pytest.raises(ValueError, match="test_batch is no batch of CIFAR-10"):
        cifar10.python_batches.load_images(tmp_path, ["test_batch"])


def test_data_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="data_batch_1 is not there; the data is CIFAR-10's python version"):
        cifar10.python_batches.load_images(tmp_path, cifar10.python_batches.TRAINING)


def test_an_image_is_shifted_or_reflected_and_otherwise_stays_as_it_is() -> None:
    images = torch.arange(40 * 3 * 32 * 32, dtype=torch.float32).reshape(40, 3, 32, 32) + 1
    changed = cifar10.augmentation.augment(images, torch.Generator().manual_seed(0))
    places = set()
    for before, after in zip(images, changed, strict=True):
        fits = [
            (top, left, mirrored)
            for mirrored in (False, True)
            for top in range(9)
            for left in range(9)
            if torch.equal(after, _shifted(before, top, left, mirrored))
        ]
        assert len(fits) == 1
        places.add(fits[0])
    assert {mirrored for *_, mirrored in places} == {False, True}
    assert len(places) > 20


def _shifted(image: torch.Tensor, top: int, left: int, mirrored: bool) -> torch.Tensor:
    part = torch.nn.functional.pad(image, [4] * 4)[:, top : top + 32, left : left + 32]
    return part.flip(2) if mirrored else part
