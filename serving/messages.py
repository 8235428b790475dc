"""A request as the handler sees it, its context, and the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """What a client sent to `/invocations`.

    Parameters
    ----------
    body
        The body as it came.
    content_type, accept
        The headers as they came; None where absent.
    headers
        All headers, their names in lower case.
    """

    body: bytes
    content_type: str | None = None
    accept: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What the client gets.

    Parameters
    ----------
    body
        The body as it is sent.
    content_type
        Its media type.
    """

    body: bytes
    content_type: str


class Context:
    """What a function that takes one parameter more than its signature needs gets as the last one.

    The names are TorchServe's, so that a handler runs unchanged on the AWS PyTorch container.

    Parameters
    ----------
    system_properties
        `model_dir`, `gpu_id` (None on a CPU) and `batch_size`.
    headers
        The request's headers, their names in lower case; empty while the model is loaded.
    """

    def __init__(self, system_properties: Mapping[str, object], headers: Mapping[str, str] | None = None) -> None:
        self.system_properties = dict(system_properties)
        self._headers = dict(headers or {})

    def get_request_header(self, index: int, name: str) -> str | None:
        """Return a header's value, whatever the case of `name`; `index` is the request's place in its batch, 0."""
        return self.get_all_request_header(index).get(name.lower())

    def get_all_request_header(self, index: int) -> dict[str, str]:
        """Return all headers, their names in lower case; `index` is the request's place in its batch, 0."""
        if index != 0:
            raise IndexError(f"the batch has one request, there is no index {index}")
        return dict(self._headers)
