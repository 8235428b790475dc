from pathlib import Path

import pytest

from assets.errors import AssetError
from assets.model_folder import find_model


def test_a_model_is_found_by_its_name_and_by_its_path(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = root / "model_code/linear"
    folder.mkdir()
    assert find_model("linear") == find_model(str(folder)) == find_model("model_code/linear")
    assert find_model("linear").name == "linear"
    monkeypatch.chdir(folder)
    assert find_model(".") == find_model("linear")


def test_a_name_in_model_code_wins_over_a_folder_in_the_working_directory(root: Path) -> None:
    (root / "model_code/linear").mkdir()
    (root / "linear").mkdir()
    assert find_model("linear").path == root / "model_code/linear"
    assert find_model("./linear").path == root / "linear"


def test_model_yaml_is_optional(root: Path) -> None:
    (root / "model_code/linear").mkdir()
    settings = find_model("linear").settings
    assert settings.entry_point == "inference.py"
    assert not settings.names_entry_point


def test_model_yaml_names_the_entry_point(root: Path) -> None:
    folder = root / "model_code/linear"
    folder.mkdir()
    (folder / "model.yaml").write_text("entry_point: serve.py\n")
    settings = find_model("linear").settings
    assert settings.entry_point == "serve.py"
    assert settings.names_entry_point


def test_an_unknown_name_gets_the_nearest_one(root: Path) -> None:
    for name in ("linear", "resnet"):
        (root / "model_code" / name).mkdir()
    with pytest.raises(AssetError, match=r"'linaer' is neither .* Did you mean linear\?$"):
        find_model("linaer")
    with pytest.raises(AssetError, match=r"The models in model_code are: linear, resnet\.$"):
        find_model("bert")


@pytest.mark.parametrize("name", ["", "bert"])
def test_an_empty_checkout_says_how_to_begin(root: Path, name: str) -> None:
    with pytest.raises(AssetError, match=r"holds no model yet: make a folder in it with a model\.py\.$"):
        find_model(name)


@pytest.mark.parametrize("name", ["a\0b", "~nobody-of-this-name", "~nobody-of-this-name/model"])
def test_what_is_no_path_is_neither(root: Path, name: str) -> None:
    with pytest.raises(AssetError, match=r" is neither a model in model_code nor the path of a model folder\. "):
        find_model(name)


def test_a_name_that_no_folder_can_have(root: Path) -> None:
    with pytest.raises(AssetError, match=r"^'x+\.\.\.x+' is no model folder: File name too long\.$"):
        find_model("x" * 300)


def test_a_file_is_no_model_folder(root: Path) -> None:
    (root / "model_code/linear").mkdir()
    (root / "model_code/linear/model.py").touch()
    with pytest.raises(AssetError, match=r"is a file: name the model folder that holds it, model_code/linear\.$"):
        find_model("model_code/linear/model.py")


def test_all_mistakes_in_model_yaml_are_reported_together(root: Path) -> None:
    folder = root / "model_code/linear"
    folder.mkdir()
    (folder / "model.yaml").write_text("entrypoint: a.py\nentry_point: ../a.py\n")
    with pytest.raises(AssetError) as error:
        find_model("linear")
    first, second = str(error.value).splitlines()
    assert first == (
        "model_code/linear/model.yaml: entry_point: '../a.py' is no name of a Python file in the model folder"
        ", such as inference.py"
    )
    assert second.startswith(
        "model_code/linear/model.yaml: entrypoint: unknown key; allowed: entry_point, weights, "
    )
    assert second.endswith("; did you mean entry_point?")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("weights: a.bin", "weights: 'a.bin' is no file of weights; allowed: the path of a file that ends with"),
        ("format: onnx", "format: 'onnx' is not allowed; allowed: torchscript, torch-export"),
        ("freeze: 1", "freeze: 1 is not allowed; allowed: true, false"),
        ("format: torch-export\nfreeze: true", "freeze: only TorchScript can be frozen; remove the key"),
        ("artifacts: a.txt", "artifacts: must be a list, with a line `- …` for each, not 'a.txt'"),
        ("ignore: ['']", "ignore.0: must not be empty"),
        ("include: [1]", "include.0: must be text, in quotes where YAML reads something else, not 1"),
        ("acknowledge: {a: ' '}", "acknowledge: a: the reason is empty; write why this finding may stand"),
        ("acknowledge: [a]", "acknowledge: must hold `key: value` lines"),
        (
            "dependencies: vendor",
            "dependencies: 'vendor' is not allowed; allowed: at-start, vendored; did you mean",
        ),
    ],
)
def test_a_mistake_in_a_key_says_what_is_allowed(root: Path, text: str, message: str) -> None:
    folder = root / "model_code/linear"
    folder.mkdir()
    (folder / "model.yaml").write_text(text)
    with pytest.raises(AssetError) as error:
        find_model("linear")
    assert str(error.value).startswith(f"model_code/linear/model.yaml: {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\nb", r"model\.yaml, line \d: not valid YAML: "),
        ("- a\n", r"model\.yaml: must hold `key: value` lines, not a list\.$"),
        ("a: \x00", r"model\.yaml.*: not valid YAML: "),
        (
            "entry_point: a.py\nentry_point: b.py\n",
            r"model\.yaml, line 2: not valid YAML: the key entry_point stands here again\.$",
        ),
    ],
)
def test_a_model_yaml_that_is_no_mapping(root: Path, text: str, message: str) -> None:
    folder = root / "model_code/linear"
    folder.mkdir()
    (folder / "model.yaml").write_text(text)
    with pytest.raises(AssetError, match=message):
        find_model("linear")
