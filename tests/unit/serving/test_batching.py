"""Requests that are answered by one call of the model."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.core.batching import Unsplittable, rows_are_independent, split, stack_key
from serving.core.errors import StartError
from serving.core.handler import Handler
from serving.core.messages import Request
from serving.core.responder import Responder
from serving.core.settings import read_settings

SAMPLE = {"warm_up.body": "[[0,1,2,3,4,5,6,7,8,9]]"}
WARM_UP = {"body": "warm_up.body", "content_type": "application/json"}

COUNTING = """
    calls = []
    def model_fn(model_dir): return None
    def predict_fn(data, model):
        calls.append(data.tolist())
        if (data < 0).any():
            raise RuntimeError("a negative number")
        return data * 2
"""


@pytest.fixture
def responder(model_dir):
    """Load a model directory: `responder(code, batch=8)`."""

    def load(code=None, *, batch=None, sample=False, **serving):
        chosen = {"batch": {"max_size": batch}} if batch else {}
        wanted = {"serving": {**chosen, **serving}, **({"warm_up": WARM_UP} if sample else {})}
        return Responder(Handler(read_settings(model_dir(code, settings=wanted, files=SAMPLE), {})))

    return load


def answers(responder, *bodies):
    found = dict(responder.respond([Request(body.encode()) for body in bodies]))
    assert sorted(found) == list(range(len(bodies)))
    return [found[place] for place in range(len(bodies))]


def rows_of(calls):
    """Return the single rows of calls, which were given rows or a row."""
    return [row for call in calls for row in (call if isinstance(call[0], list) else [call])]


def calls():
    import inference  # noqa: PLC0415 - there once the handler is

    return inference.calls


def test_requests_of_one_shape_are_one_call_and_each_gets_its_rows(responder):
    served = responder(COUNTING, batch=8)
    found = answers(served, "[[1, 2]]", "[[3, 4], [5, 6]]", "[[7, 8]]")
    assert [answer.body for answer in found] == [b"[[2.0,4.0]]", b"[[6.0,8.0],[10.0,12.0]]", b"[[14.0,16.0]]"]
    assert calls() == [[[1, 2], [3, 4], [5, 6], [7, 8]]]


def test_other_shapes_and_single_rows_go_by_themselves(responder):
    served = responder(COUNTING, batch=8)
    found = answers(served, "[[1, 2]]", "[[1, 2, 3]]", "[1, 2]", "[[3, 4]]", "[5, 6]")
    assert [answer.status for answer in found] == [200] * 5
    assert sorted(calls(), key=repr) == [[1, 2], [5, 6], [[1, 2, 3]], [[1, 2], [3, 4]]]


def test_no_prediction_is_repeated_where_nothing_raises(responder):
    served = responder(COUNTING, batch=8)
    found = answers(served, "[[1, 2]]", "[[3, 4, 5]]", "{", "[[6, 7]]", "[8, 9]")
    assert [answer.status for answer in found] == [200, 200, 400, 200, 200]
    assert sorted(rows_of(calls())) == [[1, 2], [3, 4, 5], [6, 7], [8, 9]]


def test_a_stack_that_raises_has_no_prediction_and_each_of_its_requests_gets_one(responder):
    code = COUNTING.replace("return data * 2", "predicted.append(data.tolist()); return data * 2").replace(
        "calls = []", "calls, predicted = [], []"
    )
    found = answers(responder(code, batch=8), "[[1, 2]]", "[[-1, 2]]", "[[3, 4]]")
    assert [answer.status for answer in found] == [200, 500, 200]
    import inference  # noqa: PLC0415 - there once the handler is

    assert rows_of(inference.predicted) == [[1, 2], [3, 4]]
    assert len(calls()) == 4  # the stack, which raised, and each request once


def test_what_cannot_stack_does_not_spoil_those_that_can(responder):
    served = responder(COUNTING, batch=8)
    answers(served, "[[1, 2]]", "[[-1, 2, 3]]", "[[3, 4]]")
    assert sorted(calls(), key=repr) == [[[-1, 2, 3]], [[1, 2], [3, 4]]]


def test_a_bad_request_fails_alone(responder):
    found = answers(responder(COUNTING, batch=8), "[[1, 2]]", "{", "[[-1, 2]]", "[[3, 4]]")
    assert [answer.status for answer in found] == [200, 400, 500, 200]
    assert b"negative" in found[2].body
    assert found[3].body == b"[[6.0,8.0]]"


def test_what_was_predicted_is_not_predicted_again(responder):
    code = COUNTING.replace("return data * 2", "return data.sum()")
    found = answers(responder(code, batch=8), "[[1, 2]]", "[[3, 4]]")
    assert [answer.status for answer in found] == [500, 500]
    assert b"cannot be split" in found[0].body
    assert calls() == [[[1, 2], [3, 4]]]


def test_the_answers_of_a_stack_are_known_together(responder):
    served = responder(COUNTING, batch=8)
    known = [*served.respond_together([Request(b"[[1, 2]]"), Request(b"{"), Request(b"[[3, 4]]")])]
    assert sorted(place for several in known for place, _ in several) == [0, 1, 2]
    assert [place for place, _ in known[0]] == [1]  # what cannot be read waits for no prediction


def test_no_answer_waits_for_another_prediction(responder):
    served = responder(COUNTING, batch=8)
    known = served.respond_together([Request(b"[1, 2]"), Request(b"[3, 4]")])
    assert [place for place, _ in next(known)] == [0]
    assert calls() == [[1, 2]]


def test_a_failing_output_fn_fails_alone(responder):
    code = f"""{COUNTING}
    def output_fn(prediction, accept):
        if prediction[0, 0] == 2:
            raise KeyError("two")
        return prediction
    """
    found = answers(responder(code, batch=8), "[[1, 2]]", "[[3, 4]]")
    assert [answer.status for answer in found] == [500, 200]
    assert len(calls()) == 1


def test_the_context_of_a_batch_knows_every_request(responder):
    code = """
    def model_fn(model_dir): return None
    def predict_fn(data, model, context):
        size = context.system_properties["batch_size"]
        for place in range(size):
            context.set_response_header(place, "X-Place", f"{place} of {size}")
            context.set_response_status(int(context.get_request_header(place, "X-Status")), idx=place)
        return data
    """
    requests = [Request(b"[[1, 2]]", {"x-status": str(status)}) for status in (200, 201)]
    found = dict(responder(code, batch=2).respond(requests))
    assert [found[place].status for place in (0, 1)] == [200, 201]
    assert [found[place].headers["x-place"] for place in (0, 1)] == ["0 of 2", "1 of 2"]


@pytest.mark.parametrize("code", [COUNTING, "def transform_fn(model, body, content_type, accept): return body"])
def test_a_users_own_function_is_not_batched_unless_asked(responder, code):
    assert responder(code).batch_size == 1


def test_the_default_predict_fn_is_batched_where_the_sample_proves_it(responder, model_dir):
    assert responder(sample=True).batch_size == 32


def test_without_a_sample_nothing_is_proven(responder):
    assert responder().batch_size == 1


def test_one_turns_batching_off(responder):
    assert responder(sample=True, batch=1).batch_size == 1


def test_a_model_whose_rows_depend_on_one_another_is_not_batched(model_dir):
    class Normed(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.softmax(x, dim=0)

    folder = model_dir(settings={"warm_up": WARM_UP}, files=SAMPLE)
    torch.jit.save(torch.jit.script(Normed()), folder / "model.pt")
    assert Responder(Handler(read_settings(folder, {}))).batch_size == 1


def test_batching_that_cannot_work_ends_the_start(responder):
    code = COUNTING.replace("return data * 2", "return data.sum()")
    with pytest.raises(StartError, match=r"batch\.max_size is 4.*cannot be split"):
        responder(code, batch=4, sample=True)


def test_batching_of_a_transform_fn_ends_the_start(responder):
    with pytest.raises(StartError, match="transform_fn"):
        responder("def transform_fn(model, body, content_type, accept): return body", batch=4)


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=6))
def test_what_is_stacked_is_split_as_it_was(sizes):
    parts = [torch.randn(size, 3) for size in sizes]
    whole = torch.cat(parts)
    for prediction in (whole, {"a": whole, "b": (whole, [whole])}, (whole, whole)):
        for place, part in enumerate(split(prediction, sizes)):
            first = part["b"][1][0] if isinstance(part, dict) else part[0] if isinstance(part, tuple) else part
            assert torch.equal(first, parts[place])


@settings(derandomize=True, max_examples=25, deadline=None)
@given(st.lists(st.lists(st.floats(-10, 10, width=32), min_size=10, max_size=10), min_size=2, max_size=8))
def test_batched_answers_equal_those_alone(linear, rows):
    with torch.inference_mode():
        together = split(linear(torch.tensor(rows)), [1] * len(rows))
        alone = [linear(torch.tensor([row])) for row in rows]
    assert torch.allclose(torch.cat(together), torch.cat(alone), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "prediction", [torch.zeros(3), torch.zeros(()), "text", None, [], {"a": torch.zeros(3)}, 1.0, [torch.zeros(1)]]
)
def test_a_prediction_without_a_row_for_each_cannot_be_split(prediction):
    with pytest.raises(Unsplittable):
        split(prediction, [1, 1])


def test_what_stacks_has_one_dtype_and_trailing_shape():
    rows = torch.zeros(2, 3)
    assert stack_key(rows) == stack_key(torch.zeros(5, 3))
    assert stack_key(rows) != stack_key(torch.zeros(2, 4))
    assert stack_key(rows) != stack_key(rows.double())
    assert stack_key(torch.zeros(3)) is None
    assert stack_key([1, 2]) is None


def test_dependent_rows_are_found():
    assert rows_are_independent(lambda x: x * 2, torch.arange(6.0).reshape(2, 3))
    assert not rows_are_independent(lambda x: x - x.mean(), torch.arange(6.0).reshape(2, 3))
    assert not rows_are_independent(lambda x: x, torch.arange(6.0))
