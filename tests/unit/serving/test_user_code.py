from __future__ import annotations

import sys

import pytest

PASS_THROUGH = """
    def model_fn(model_dir): return "model"
    def predict_fn(data, model): return [model, data]
"""


def test_the_functions_that_are_there_replace_the_defaults(client):
    answer = client("def predict_fn(data, model): return {'sum': float(data.sum())}").invoke([[1, 2]])
    assert answer.json() == {"sum": 3}


def test_a_handler_without_functions_serves_by_the_defaults(client, linear_file):
    assert client("COLOUR = 'green'").invoke([[0] * 10]).status == 200


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("application/json", "str"),
        ("application/json; charset=utf-8", "str"),
        ("text/csv", "str"),
        (None, "str"),
        ("application/x-npy", "bytes"),
        ("image/png", "bytes"),
    ],
)
def test_input_fn_gets_text_for_json_and_csv_and_bytes_for_the_rest(client, content_type, kind):
    code = PASS_THROUGH + "    def input_fn(body, content_type): return [type(body).__name__, content_type]\n"
    got = client(code).invoke(b"1", content_type).json()[1]
    assert got == [kind, (content_type or "application/json").partition(";")[0]]


def test_the_context_is_passed_to_functions_with_one_parameter_more(client, model_dir):
    code = """
        def model_fn(model_dir, context):
            return [model_dir, context.system_properties, context.get_all_request_header(0)]
        def input_fn(body, content_type, context):
            return context.get_request_header(0, "X-Amzn-SageMaker-Custom-Attributes")
        def predict_fn(data, model, context=None):
            return [model, data, context.get_request_header(0, "none")]
        def output_fn(prediction, accept, context):
            return {"all": prediction, "accept": accept, "again": context.system_properties["model_dir"]}
    """
    headers = {"x-amzn-sagemaker-custom-attributes": "blue", "accept": "text/csv"}
    answer = client(code).request("POST", "/invocations", b"1", headers).json()
    (folder, properties, no_headers), attribute, none = answer["all"]
    assert folder.endswith("/model")
    assert properties.keys() == {"model_dir", "gpu_id", "batch_size"}
    assert properties["model_dir"] == answer["again"] == folder
    assert properties["batch_size"] == 1
    assert no_headers == {}
    assert (attribute, none, answer["accept"]) == ("blue", None, "text/csv")


def test_other_parameters_with_defaults_need_no_context(client):
    code = PASS_THROUGH + "    def input_fn(body, content_type, *, strict=True): return [body, strict]\n"
    assert client(code).invoke("1").json() == ["model", ["1", True]]


def test_any_number_of_arguments_is_enough(client):
    code = PASS_THROUGH + "    def input_fn(*arguments): return len(arguments)\n"
    assert client(code).invoke("1").json() == ["model", 2]


def test_transform_fn_replaces_the_three(client):
    code = """
        def model_fn(model_dir): return "model"
        def transform_fn(model, body, content_type, accept):
            return f"{model} {body} {content_type} {accept}", "text/plain"
    """
    answer = client(code).invoke("7", "text/csv", "application/json")
    assert (answer.body, answer.content_type) == (b"model 7 text/csv application/json", "text/plain")


def test_transform_fn_gets_the_context_too(client):
    code = """
        def model_fn(model_dir): return "model"
        def transform_fn(model, body, content_type, accept, context):
            return {"batch_size": context.system_properties["batch_size"]}
    """
    assert client(code).invoke("7").json() == {"batch_size": 1}


def test_transform_fn_may_not_stand_beside_the_three(refused):
    code = """
        def transform_fn(model, body, content_type, accept): ...
        def output_fn(prediction, accept): ...
    """
    message = str(refused(code))
    assert "inference.py: transform_fn may not stand beside output_fn" in message


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def predict_fn(data): ...", ["predict_fn(data)", "predict_fn(data, model)", "context"]),
        ("def model_fn(): ...", ["model_fn()", "model_fn(model_dir)"]),
        ("def input_fn(body, content_type, context, more): ...", ["input_fn(body, content_type)"]),
        ("def output_fn(prediction, accept, *, indent): ...", ["output_fn(prediction, accept)"]),
        ("async def predict_fn(data, model): ...", ["predict_fn", "ordinary function"]),
        ("predict_fn = 'model'", ["predict_fn", "ordinary function"]),
    ],
)
def test_a_function_that_cannot_be_called_ends_the_start(refused, code, words):
    message = str(refused(code))
    assert all(word in message for word in ["inference.py", *words]), message


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("def predict_fn(:", SyntaxError),
        ("import no_such_module_anywhere", ModuleNotFoundError),
        ("raise RuntimeError('two\\nlines')", RuntimeError),
        ("import sys; sys.exit(0)", SystemExit),
    ],
)
def test_a_handler_that_cannot_be_imported_ends_the_start_with_the_cause(refused, code, error):
    refusal = refused(code)
    assert "inference.py cannot be imported" in str(refusal)
    assert type(refusal.__cause__) is error


def test_a_handler_imports_its_neighbours(client):
    files = {
        "code/own_helpers.py": "FACTOR = 3",
        "code/src/inference_too.py": "from own_helpers import FACTOR\nfrom own_part import ONE\n"
        "def model_fn(model_dir): return None\n"
        "def predict_fn(data, model): return {'factor': FACTOR + ONE}\n",
        "code/src/own_part.py": "ONE = 1",
    }
    served = client(files=files, settings={"entry_point": "src/inference_too.py"})
    assert served.invoke([1]).json() == {"factor": 4}


def test_the_handler_is_importable_by_its_own_name(client):
    client("NAME = __name__")
    assert sys.modules["inference"].NAME == "inference"


@pytest.mark.parametrize("name", ["json", "torch", "serving"])
def test_a_handler_that_hides_another_module_ends_the_start(refused, name):
    message = str(refused(files={f"code/{name}.py": ""}, settings={"entry_point": f"{name}.py"}))
    assert f"{name}.py" in message
    assert "rename" in message
