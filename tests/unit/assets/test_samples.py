from pathlib import Path

import pytest

from assets.errors import AssetError
from assets.model_folder import find_model
from assets.samples import Sample, load_samples


@pytest.fixture
def samples(root: Path) -> Path:
    folder = root / "model_code/toy/samples"
    folder.mkdir(parents=True)
    return folder


def test_a_model_without_samples(root: Path) -> None:
    (root / "model_code/toy").mkdir()
    assert load_samples(find_model("toy")) == []


def test_a_sample_has_defaults_and_compact_json(samples: Path) -> None:
    (samples / "one.yaml").write_text("body: {rows: [1, 2.5], name: Zoë}\n")
    assert load_samples(find_model("toy")) == [
        Sample(
            name="one",
            content_type="application/json",
            accept="application/json",
            body='{"rows":[1,2.5],"name":"Zoë"}'.encode(),
            expected=None,
            tolerance=1e-5,
        )
    ]


def test_a_string_is_the_body_itself(samples: Path) -> None:
    (samples / "csv.yaml").write_text(
        "content_type: text/csv\naccept: text/csv\nbody: |\n  1,2\n  3,4\nexpected: '5'\n"
    )
    (sample,) = load_samples(find_model("toy"))
    assert (sample.content_type, sample.accept) == ("text/csv", "text/csv")
    assert (sample.body, sample.expected) == (b"1,2\n3,4\n", b"5")


def test_null_is_a_body_and_an_expected_answer(samples: Path) -> None:
    (samples / "null.yaml").write_text("body: null\nexpected: null\n")
    (sample,) = load_samples(find_model("toy"))
    assert (sample.body, sample.expected) == (b"null", b"null")


def test_bodies_may_lie_in_files_beside(samples: Path) -> None:
    (samples / "npy.yaml").write_text("body_file: in.npy\nexpected_file: out.npy\ntolerance: 0.01\n")
    (samples / "in.npy").write_bytes(b"\x93NUMPY\x00")
    (samples / "out.npy").write_bytes(b"\x93NUMPY\x01")
    (sample,) = load_samples(find_model("toy"))
    assert (sample.body, sample.expected, sample.tolerance) == (b"\x93NUMPY\x00", b"\x93NUMPY\x01", 0.01)


def test_samples_are_sorted_by_name(samples: Path) -> None:
    for name in ("b", "a", "c"):
        (samples / f"{name}.yaml").write_text("body: 1\n")
    assert [sample.name for sample in load_samples(find_model("toy"))] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("accept: text/csv\n", "has neither body nor body_file. Write the request in one of them."),
        ("body: 1\nbody_file: a\n", "has both body and body_file. Keep one of them."),
        ("body: 1\nexpected: 1\nexpected_file: a\n", "has both expected and expected_file. Keep one of them."),
        ("body_file: a.npy\n", "body_file: 'a.npy' cannot be read beside it: No such file or directory."),
        ("body_file: ../model.py\n", "body_file: '../model.py' lies outside model_code/toy/samples."),
        ("body: 2024-01-01\n", "body: is not JSON: Object of type date is not JSON serializable."),
        ("body: .nan\n", "body: is not JSON: "),
        ("body: 1\ntolerance: -1\n", "tolerance: -1 is not allowed; allowed: at least 0; did you mean 0?"),
        ("body: 1\ntolerence: 1\n", "; did you mean tolerance?"),
        ("body: 1\ntolerance: .nan\n", "tolerance: must be a finite number, not nan"),
        ("body: 1\ntolerance: low\n", "tolerance: must be a number, not 'low'"),
        ("body: 1\naccept: 1\n", "accept: must be text, in quotes where YAML reads something else, not 1"),
        ("body: 1\naccept: a/b\nbody: 2\n", "one.yaml, line 3: not valid YAML: the key body stands here again."),
        ("body: {a: 1,\n a: 2}\n", "one.yaml, line 2: not valid YAML: the key a stands here again."),
    ],
)
def test_mistakes_in_a_sample(samples: Path, text: str, message: str) -> None:
    (samples / "one.yaml").write_text(text)
    with pytest.raises(AssetError) as error:
        load_samples(find_model("toy"))
    assert "model_code/toy/samples/one.yaml" in str(error.value)
    assert message in str(error.value)


def test_mistakes_in_all_samples_are_reported_together(samples: Path) -> None:
    (samples / "one.yaml").write_text("accept: text/csv\n")
    (samples / "two.yml").write_text("body: 1\n")
    with pytest.raises(AssetError) as error:
        load_samples(find_model("toy"))
    first, second = str(error.value).splitlines()
    assert first.startswith("model_code/toy/samples/one.yaml: has neither body")
    assert second == "model_code/toy/samples/two.yml: would not be found. Rename it to two.yaml."
