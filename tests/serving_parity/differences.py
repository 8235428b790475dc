"""Where our servers answer otherwise than the AWS PyTorch container, and why: the table in docs/serving.md.

A case of `cases` that names one of these gets another answer from TorchServe with SageMaker's toolkit; every other
case gets the same.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """A row of the table.

    Parameters
    ----------
    case
        When the answers differ.
    aws_pytorch, ours
        What the AWS PyTorch container does, and what ours do.
    why
        The reason.
    """

    case: str
    aws_pytorch: str
    ours: str
    why: str


DIFFERENCES: dict[str, Difference] = {
    "load": Difference(
        "the model cannot be loaded",
        "`/ping` 200, `/invocations` hangs",
        "the start fails, traceback in the log, status 1",
        "a broken endpoint must not come into service",
    ),
    "client": Difference(
        "bad JSON, wrong shape, unknown content type",
        "500 with a traceback in the body",
        "400, 415 with a reason",
        "it is the client's fault; code paths are no answer",
    ),
    "refusal": Difference(
        "ValueError of `input_fn`, `BadRequest`", "500", "400", "the handler knows whose fault it is"
    ),
    "no-type": Difference("no content type", "500", "read as JSON", "that is what most clients mean"),
    "parameters": Difference("content type with parameters, or in capitals", "500", "read", "RFC 9110"),
    "csv": Difference(
        "CSV with whole numbers in one column and others in the next",
        "500",
        "read",
        "`1` and `1.0` are the same number",
    ),
    "dtype": Difference(
        "numbers of another dtype or byte order",
        "500",
        "cast to the model's",
        "clients cannot know the dtype",
    ),
    "overflow": Difference(
        "a number too large for the dtype", "becomes infinity", "400", "a wrong answer is worse than none"
    ),
    "nan": Difference(
        "NaN in a JSON request or answer",
        "read; bare `NaN` written",
        "400; 500, or null by a setting",
        "`NaN` is not JSON",
    ),
    "formats": Difference(
        '`{"instances": …}`, NPZ', "500", "read", "clients of other servers send it; several inputs need names"
    ),
    "accept": Difference(
        "Accept with several types, ranges, quality values, NPZ",
        "500, or echoed raw",
        "negotiated, else 406",
        "RFC 9110",
    ),
    "tensor": Difference(
        "`output_fn` returns a tensor or an array, or a dict with one in it",
        "torch.save's bytes labelled JSON, or 503",
        "JSON, or as Accept asks",
        "what was meant",
    ),
    "none": Difference("`output_fn` returns None", "200 with `null`", "500", "a `return` was forgotten"),
    "bytes": Difference(
        "a body that is no text, in a function",
        "a `bytearray`",
        "`bytes`",
        "what the toolkit's documentation says",
    ),
    "raw": Difference(
        "raw bytes or images with the default `input_fn`",
        "500",
        "bytes for your `predict_fn`, else 415",
        "images need no `input_fn` of their own",
    ),
    "death": Difference("a worker dies", "507", "503 with Retry-After", "it says that another try may do"),
    "size": Difference(
        "a body over 6,553,500 bytes", "413 without a body", "413 with the limit", "one knows what to change"
    ),
    "batch": Difference(
        "batching",
        "item by item, one error fails all",
        "one call, errors by request",
        "that is what batching is for",
    ),
    "timeout": Difference(
        "`SAGEMAKER_MODEL_SERVER_TIMEOUT`", "no effect", "holds", "the value was set for a reason"
    ),
    "once": Difference(
        "the default `predict_fn`",
        "`model.to(device)`, `model.eval()` for every request",
        "once",
        "it costs and changes nothing",
    ),
    "pt2": Difference("`.pt2`", "not known", "loaded", "TorchScript is deprecated"),
}
"""By a name of their own, in the table's order."""
