from __future__ import annotations

WARM_UP = {"warm_up": {"body": "warm_up.body", "content_type": "text/csv", "accept": "application/json"}}


def test_the_warm_up_sample_is_answered_before_the_first_request(client):
    code = """
        seen = []
        def model_fn(model_dir): return seen
        def input_fn(body, content_type): return [body, content_type]
        def predict_fn(data, model):
            model.append(data)
            return model
    """
    served = client(code, settings=WARM_UP, files={"warm_up.body": "1,2"})
    assert served.invoke([1]).json()[0] == ["1,2", "text/csv"]


def test_a_warm_up_sample_that_is_refused_ends_the_start(refused):
    message = str(refused(settings=WARM_UP, files={"warm_up.body": "1,2"}))
    assert "warm_up.body (text/csv)" in message
    assert "shape [2]" in message


def test_a_warm_up_sample_on_which_the_model_fails_ends_the_start_with_the_cause(refused):
    code = "def predict_fn(data, model): raise ZeroDivisionError('on the first call')"
    refusal = refused(code, settings=WARM_UP, files={"warm_up.body": "1,2"})
    assert "warm_up.body" in str(refusal)
    assert "on the first call" in str(refusal)
    assert isinstance(refusal.__cause__, ZeroDivisionError)
