"""`python -m serving.worker`: the process that holds the model; `model_process` starts it.

It answers one group of requests after another on its main thread, so that what belongs to a thread, such as a
database connection that `model_fn` opens, stays usable.
"""

import argparse
import gc
import importlib
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback
from itertools import chain
from pathlib import Path
from typing import Any

from serving.channel import ANSWER, FAILED, READY, TOOK, Inbox, frame
from serving.core import logs
from serving.core.errors import StartError, UnavailableError
from serving.core.media_types import JSON
from serving.core.messages import Answer, Request, plain
from serving.core.settings import read_settings


def main() -> int:
    """Load the model, say so, and answer until the server closes the channel."""
    options = _parser().parse_args()
    logs.configure()
    for number in (signal.SIGTERM, signal.SIGINT):
        # both may reach the whole group; the server says when to end, after what is in flight
        signal.signal(number, signal.SIG_IGN)
    channel = socket.socket(fileno=options.channel)
    channel.set_inheritable(False)
    threading.Thread(target=_end_with_the_server, args=(options.channel,), daemon=True).start()
    try:
        _serve(options, channel)
    except StartError as error:
        channel.sendall(frame((FAILED, str(error), _details(error))))
        return 1
    return 0


def _serve(options: argparse.Namespace, channel: socket.socket) -> None:
    for folder in (options.packages, options.model_dir / "code" / "lib"):
        if folder and folder.is_dir():
            sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    settings = read_settings(options.model_dir, os.environ)
    # only now: torch and numpy have to be the ones that the requirements may have brought
    torch = importlib.import_module("torch")
    torch.set_num_threads(options.threads)
    handler = importlib.import_module("serving.core.handler").Handler(settings, options.number)
    if settings.options.threads is None and importlib.import_module("serving.core.threads").one_is_enough(handler):
        torch.set_num_threads(1)
    responder = importlib.import_module("serving.core.responder").Responder(handler)
    # what is loaded by now stays; to look through it for garbage again and again would delay requests
    gc.collect()
    gc.freeze()
    channel.sendall(frame((READY, responder.batch_size)))
    inbox = Inbox(channel)
    while (groups := inbox.take(responder.batch_size)) is not None:
        if len(groups) > 1:
            channel.sendall(frame((TOOK, len(groups))))
        requests = _timely(channel, groups)
        for known in responder.respond_together(requests):
            channel.sendall(b"".join([_answer_frame(requests[place].id, answer) for place, answer in known]))
        # neither bodies nor a traceback's frames may live until the next group comes
        del groups, requests


def _timely(channel: socket.socket, groups: list[list[Any]]) -> list[Request]:
    """Return the requests that a client still waits for; one that it may send again is not predicted twice."""
    now = time.monotonic()  # the clock of the server's event loop
    requests = []
    for name, headers, body, deadline in chain.from_iterable(groups):
        if deadline > now:
            requests.append(Request(body, headers, name))
        else:
            late = UnavailableError("the model was busy with other requests for too long; try again")
            channel.sendall(_answer_frame(name, Answer(late.body(name), JSON, late.status, late.headers)))
    return requests


def _answer_frame(request_id: str, answer: Answer) -> bytes:
    # a handler may give subclasses, such as http.HTTPStatus, which are no part of the format
    headers = {plain(name): plain(value) for name, value in answer.headers.items()} if answer.headers else {}
    status, content_type = int(answer.status), plain(answer.content_type)
    return frame((ANSWER, request_id, status, content_type, headers, answer.body, dict(answer.milliseconds)))


def _end_with_the_server(channel: int) -> None:
    """End at once when the server is gone, also during a prediction."""
    poll = select.poll()
    poll.register(channel, 0)  # nothing but POLLHUP and POLLERR
    poll.poll()
    os._exit(0)


def _details(error: StartError) -> str:
    parts = [error.details] if error.details else []
    if error.__cause__:
        parts.append("".join(traceback.format_exception(error.__cause__)).rstrip())
    return "\n".join(parts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m serving.worker")
    parser.add_argument("--channel", type=int, required=True)
    parser.add_argument("--model-dir", type=Path, required=True)
    parser.add_argument("--packages", type=Path)
    parser.add_argument("--number", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main())
