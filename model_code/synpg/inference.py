"""A sentence, its parse and a template in, the paraphrase in that form out.

{"sent": "we will have a picnic if it is a sunny day tomorrow.",
 "synt": "(ROOT (S (NP (PRP we)) (VP (MD will) …) (. .)))",
 "tmpl": "(ROOT (S (S ) (, ) (CC ) (S ) (. )))"}
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from trees import linearized, read_tree
from vocabulary import Vocabulary, load_vocabulary

JSON = "application/json"
KEYS = ("sent", "synt", "tmpl")
MOST_BEAMS = 8
MOST_CHARACTERS = 20_000
MOST_PARTS = 400
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


class Inputs(NamedTuple):
    """What the model is called with."""

    words: Tensor
    parse: Tensor
    template: Tensor
    beams: int


def model_fn(model_dir: str) -> torch.jit.ScriptModule:
    """Load the model, and the dictionary that lies beside it, once, when the container starts."""
    load_vocabulary(Path(model_dir))
    return torch.jit.load(Path(model_dir) / "model.pt", map_location=DEVICE).eval()


def input_fn(body: str | bytes, content_type: str, context: Any) -> Inputs:
    """Read a request; a ValueError says what is wrong to the client, who gets it as a 400.

    `beams` may be given beside `sent`, `synt` and `tmpl`: how many sequences the decoder compares, 1 by default.
    """
    if content_type != JSON:
        raise ValueError(f"Content type {content_type!r} is not supported; send {JSON}.")
    request = _object(body)
    vocabulary = _vocabulary(context)
    words = vocabulary.sentence(request["sent"])
    if not 0 < len(words) <= MOST_PARTS:
        raise ValueError(f"sent: has {len(words)} parts of words; send a sentence of 1 to {MOST_PARTS}.")
    template = _tree("tmpl", request["tmpl"])
    if problem := vocabulary.unknown_tag(template):
        raise ValueError(f"tmpl: {problem}")
    parse = _tree("synt", request["synt"])
    rows = (torch.tensor([ids]) for ids in (words, vocabulary.tags(parse), vocabulary.tags(template)))
    return Inputs(*rows, _beams(request))


def predict_fn(inputs: Inputs, model: torch.jit.ScriptModule) -> list[int]:
    """Write the paraphrase; return the ids of its parts."""
    with torch.inference_mode():
        tensors = (inputs.words.to(DEVICE), inputs.parse.to(DEVICE), inputs.template.to(DEVICE))
        sentence, _ = model(*tensors, inputs.beams)
    return sentence[0].tolist()


def output_fn(ids: list[int], accept: str, context: Any) -> tuple[str, str] | str:
    """Answer the sentence: a JSON string, or its text for whoever wants that."""
    text = _vocabulary(context).text(ids)
    return (text, accept) if accept == "text/plain" else (json.dumps(text, ensure_ascii=False), JSON)


def _vocabulary(context: Any) -> Vocabulary:
    return load_vocabulary(Path(context.system_properties["model_dir"]))


def _object(body: str | bytes) -> dict[str, Any]:
    try:
        request = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"The body is no JSON: {error}") from error
    if not isinstance(request, dict):
        raise ValueError('Send an object: {"sent": …, "synt": …, "tmpl": …}.')  # noqa: TRY004 - a 400
    for key in KEYS:
        if not isinstance(request.get(key), str):
            raise ValueError(f"{key}: has to be there, as a string.")  # noqa: TRY004 - a 400
        if len(request[key]) > MOST_CHARACTERS:
            raise ValueError(f"{key}: has {len(request[key])} characters; at most {MOST_CHARACTERS} are taken.")
        _refuse_half_characters(key, request[key])
    unknown = sorted(set(request) - {*KEYS, "beams"})
    if unknown:
        raise ValueError(f"{unknown[0]!r}: is not known; send sent, synt and tmpl, and beams if you like.")
    return request


def _refuse_half_characters(key: str, text: str) -> None:
    """Refuse a surrogate without its other half, which JSON may hold and UTF-8 may not."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        found = text[error.start]
        raise ValueError(
            f"{key}: has {found!r} at character {error.start + 1}, half of a character; send its other half too."
        ) from error


def _tree(key: str, text: str) -> list[str]:
    try:
        return linearized(read_tree(text))
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error


def _beams(request: dict[str, Any]) -> int:
    beams = request.get("beams", 1)
    if isinstance(beams, bool) or not isinstance(beams, int) or not 1 <= beams <= MOST_BEAMS:
        raise ValueError(f"beams: {beams!r} is not allowed; send a whole number from 1 to {MOST_BEAMS}.")
    return beams
