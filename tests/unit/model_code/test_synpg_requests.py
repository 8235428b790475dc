"""model_code/synpg behind the server: the document's request, and what is no request."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assets.model_folder import find_model
from assets.samples import Sample, load_samples

from .conftest import Unpack
from .synpg_modules import FOLDER, PICNIC

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")

ANSWER = "it is a sunny day tomorrow , so we will have a picnic ."
FOX = {
    "sent": "The quick brown fox jumps over the lazy dog",
    "synt": "(ROOT (S (NP (DT The) (JJ quick) (JJ brown) (NN fox)) (VP (VBZ jumps) (PP (IN over) (NP (DT the) "
    "(JJ lazy) (NN dog)))))",
    "tmpl": PICNIC["tmpl"],
}


@pytest.fixture(scope="module")
def model_dir(unpack: Unpack) -> Path:
    return unpack("synpg")


@pytest.fixture
def client(model_dir: Path, serve: Callable[..., Any]) -> Any:
    return serve(model_dir)


def test_sent_synt_and_tmpl_are_answered_with_the_paraphrase(client: Any) -> None:
    response = client.invoke(PICNIC)
    assert (response.status, response.content_type) == (200, "application/json")
    assert response.json() == ANSWER


@pytest.mark.parametrize("beams", [1, 4, 8])
def test_a_request_says_how_many_beams_the_decoder_compares(client: Any, beams: int) -> None:
    assert client.invoke({**PICNIC, "beams": beams}).json() == ANSWER


def test_the_text_itself_is_answered_to_whoever_accepts_that(client: Any) -> None:
    response = client.invoke(PICNIC, accept="text/plain")
    assert (response.status, response.content_type.partition(";")[0]) == (200, "text/plain")
    assert response.body.decode() == ANSWER


@pytest.mark.parametrize("sample", load_samples(find_model("synpg")), ids=lambda sample: sample.name)
def test_a_sample_is_answered_as_it_expects(client: Any, sample: Sample) -> None:
    assert sample.expected is not None
    assert client.invoke(sample.body).json() == json.loads(sample.expected)


def test_words_that_were_never_seen_have_an_answer_too(client: Any) -> None:
    response = client.invoke({**FOX, "synt": FOX["synt"] + ")"})
    assert response.status == 200
    assert isinstance(response.json(), str)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sent": None}, "sent: has to be there, as a string."),
        ({"synt": 1}, "synt: has to be there, as a string."),
        ({"tmpl": ["(S )"]}, "tmpl: has to be there, as a string."),
        ({"sent": " "}, "sent: has 0 parts of words; send a sentence of 1 to 400."),
        ({"sent": "day " * 500}, "sent: has 500 parts of words; send a sentence of 1 to 400."),
        ({"sent": "x" * 20_001}, "sent: has 20001 characters; at most 20000 are taken."),
        ({"synt": FOX["synt"]}, "synt: has a bracket at character 1 that is never closed"),
        ({"tmpl": "S"}, "tmpl: has 'S' at character 1, before any opening bracket"),
        (
            {"tmpl": "(ROOT (SB ))"},
            "tmpl: has 'SB' without nodes below it, as the model was never trained; did you mean ",
        ),
        ({"beams": 0}, "beams: 0 is not allowed; send a whole number from 1 to 8."),
        ({"beams": 9}, "beams: 9 is not allowed; send a whole number from 1 to 8."),
        ({"beams": True}, "beams: True is not allowed; send a whole number from 1 to 8."),
        ({"beams": "2"}, "beams: '2' is not allowed; send a whole number from 1 to 8."),
        ({"template": ""}, "'template': is not known; send sent, synt and tmpl, and beams if you like."),
        ({"sent": "a \ud800 day"}, "sent: has '\\ud800' at character 3, half of a character"),
        ({"synt": "(ROOT (\ud800 we))"}, "synt: has '\\ud800' at character 8, half of a character"),
        ({"tmpl": "(ROOT (S\udfff ))"}, "tmpl: has '\\udfff' at character 9, half of a character"),
        ({"\ud800": ""}, "'\\ud800': is not known; send sent, synt and tmpl"),
    ],
    ids=range(18),
)
def test_a_mistake_in_the_request_is_the_clients(client: Any, change: dict[str, Any], reason: str) -> None:
    response = client.invoke({**PICNIC, **change})
    assert response.status == 400
    assert reason in response.reason


@pytest.mark.parametrize("body", ["", "[]", '"a string"', "{", "[" * 100_000], ids=range(5))
def test_what_is_no_object_is_the_clients_mistake(client: Any, body: str) -> None:
    response = client.invoke(body)
    assert response.status == 400
    assert "The body is no JSON" in response.reason or "Send an object" in response.reason


def test_another_content_type_is_refused(client: Any) -> None:
    response = client.invoke("a sentence", content_type="text/plain")
    assert response.status == 400
    assert "'text/plain' is not supported; send application/json." in response.reason


def test_the_dictionary_travels_beside_the_weights_as_json(model_dir: Path) -> None:
    tokens = json.loads((model_dir / "dictionary.json").read_text())
    assert sorted(tokens.values()) == list(range(len(tokens)))
    assert (model_dir / "model.pt").is_file()
    assert (model_dir / "bpe.model").read_bytes() == (FOLDER / "bpe.model").read_bytes()


def test_code_holds_what_the_handler_needs_and_no_pickle(model_dir: Path) -> None:
    files = {path.relative_to(model_dir / "code").as_posix() for path in (model_dir / "code").rglob("*.*")}
    assert files == {"inference.py", "trees.py", "vocabulary.py", "encoders.py", "requirements.txt"}
    assert not [path for path in model_dir.rglob("*") if path.suffix in {".pkl", ".pickle", ".pth"}]
