"""One request to /invocations and its answer."""

import http.client
import time
from dataclasses import dataclass

from assets.preflight.server import HOST
from assets.samples import Sample

_CHUNK = 1024 * 1024


class NoAnswerError(Exception):
    """No whole answer came; the text says why.

    Parameters
    ----------
    text
        Why.
    seconds
        From the request until then.
    closed
        Whether the connection was closed, and not the time up.
    """

    def __init__(self, text: str, seconds: float, *, closed: bool) -> None:
        super().__init__(text)
        self.seconds = seconds
        self.closed = closed


@dataclass(frozen=True)
class Answer:
    """What came back.

    Parameters
    ----------
    status
        Of HTTP.
    content_type
        Of the body.
    body
        The whole of it.
    seconds
        From the request to the last byte.
    """

    status: int
    content_type: str
    body: bytes
    seconds: float


def send(sample: Sample, port: int, *, seconds: float) -> Answer:
    """Send a sample as SageMaker would; `seconds` is what the whole exchange may take.

    Raises
    ------
    NoAnswerError
        The time is up, or the server closed the connection.
    """
    started = time.monotonic()
    connection = http.client.HTTPConnection(HOST, port, timeout=max(seconds, 0.001))
    try:
        headers = {"Content-Type": sample.content_type, "Accept": sample.accept}
        connection.request("POST", "/invocations", sample.body, headers)
        response = connection.getresponse()
        body = _read(response, started + seconds)
    except TimeoutError:
        spent = time.monotonic() - started
        raise NoAnswerError(f"had no whole answer after {spent:.1f} s", spent, closed=False) from None
    except (OSError, http.client.HTTPException) as error:
        reason = str(error) or type(error).__name__
        raise NoAnswerError(f"had no answer: {reason}", time.monotonic() - started, closed=True) from error
    finally:
        connection.close()
    return Answer(
        status=response.status,
        content_type=response.headers.get_content_type(),
        body=body,
        seconds=time.monotonic() - started,
    )


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    """Read the body; a server that sends it in drops does not gain time."""
    chunks = []
    while chunk := response.read1(_CHUNK):
        chunks.append(chunk)
        if time.monotonic() > deadline:
            raise TimeoutError
    body = b"".join(chunks)
    if response.length:  # of what Content-Length promised; read1() takes the end of the connection for the end
        raise http.client.IncompleteRead(body, response.length)
    return body
