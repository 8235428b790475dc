"""The context that a handler's functions may take, under TorchServe's names.

Names and parameters are those of `ts.context.Context` and `RequestProcessor` (TorchServe 0.12), so that a handler
runs unchanged on the AWS PyTorch container.
"""

from collections.abc import Mapping, Sequence

from .messages import plain

_CONTENT_TYPE = "content-type"


class RequestProcessor:
    """One request's headers, and what a handler wants its answer to carry.

    Parameters
    ----------
    headers
        The request's headers, their names in lower case.
    request_id
        Names the request in the log.
    """

    def __init__(self, headers: Mapping[str, str], request_id: str) -> None:
        self.request_id = request_id
        self._headers = headers
        self._status = 200
        self._response: dict[str, str] = {}

    def get_request_property(self, key: str) -> str | None:
        """Return a header's value, whatever the case of its name."""
        return self._headers.get(key.lower())

    def get_request_properties(self) -> dict[str, str]:
        """Return all headers, their names in lower case."""
        return dict(self._headers)

    def report_status(self, code: int, reason_phrase: str | None = None) -> None:  # noqa: ARG002 - TorchServe's
        """Set the answer's status; HTTP/1.1 clients do not read the phrase, and it is not sent."""
        if not isinstance(code, int) or not 200 <= code <= 599:  # noqa: PLR2004 - final statuses (RFC 9110, 15)
            raise ValueError(f"a response status is a whole number from 200 to 599, not {code!r}")
        self._status = code

    def get_response_status_code(self) -> int:
        """Return the answer's status."""
        return self._status

    def add_response_property(self, key: str, value: str) -> None:
        """Set a header of the answer."""
        self._response[key.lower()] = plain(value)

    def get_response_headers(self) -> dict[str, str]:
        """Return the headers that were set, their names in lower case."""
        return dict(self._response)


class Context:
    """What a function that takes one parameter more than its signature needs gets as the last one.

    Parameters
    ----------
    system_properties
        `model_dir`, `gpu_id` (None on a CPU) and `batch_size`.
    processors
        The requests that are answered together, mostly one; none while the model is loaded.
    """

    def __init__(self, system_properties: Mapping[str, object], processors: Sequence[RequestProcessor]) -> None:
        self.system_properties = {**system_properties, "batch_size": max(1, len(processors))}
        self.request_processor = list(processors)

    def get_request_id(self, idx: int = 0) -> str:
        """Return the id of the request at place `idx` of the batch."""
        return self._at(idx).request_id

    def get_request_header(self, idx: int, key: str) -> str | None:
        """Return a header's value, whatever the case of `key`."""
        return self._at(idx).get_request_property(key)

    def get_all_request_header(self, idx: int) -> dict[str, str]:
        """Return all headers, their names in lower case."""
        # before a request, there is no header: model_fn may ask all the same
        return self._at(idx).get_request_properties() if self.request_processor or idx else {}

    def set_response_status(self, code: int = 200, phrase: str = "", idx: int = 0) -> None:
        """Answer the request at place `idx` of the batch with this status.

        Raises
        ------
        ValueError
            The code is no final HTTP status.
        """
        self._at(idx).report_status(code, phrase)

    def set_all_response_status(self, code: int = 200, phrase: str = "") -> None:
        """Answer every request of the batch with this status."""
        for processor in self.request_processor:
            processor.report_status(code, phrase)

    def set_response_header(self, request_id: int, key: str, value: str) -> None:
        """Set a header of the answer; `request_id` is the request's place in its batch."""
        self._at(request_id).add_response_property(key, value)

    def get_response_headers(self, idx: int) -> dict[str, str]:
        """Return the headers that were set, their names in lower case."""
        return self._at(idx).get_response_headers()

    def set_response_content_type(self, request_id: int, value: str) -> None:
        """Set the answer's content type; `request_id` is the request's place in its batch."""
        self._at(request_id).add_response_property(_CONTENT_TYPE, value)

    def get_response_content_type(self, request_id: int) -> str | None:
        """Return the content type that was set."""
        return self._at(request_id).get_response_headers().get(_CONTENT_TYPE)

    def _at(self, idx: int) -> RequestProcessor:
        if not 0 <= idx < len(self.request_processor):
            raise IndexError(f"the batch has {len(self.request_processor)} requests, there is no index {idx}")
        return self.request_processor[idx]
