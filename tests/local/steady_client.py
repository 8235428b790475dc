"""A client that calls an endpoint all the time, while something happens to the endpoint."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from slipway.errors import CommandError
from slipway.invocation import DeployedEndpoint, Request, Response
from slipway.sending import send
from stacks.settings import load_environment

_PAUSE = 0.05  # seconds between two calls, so that the deployments get on, too
_ANSWER = 60.0  # seconds for that of a queue, which may be deleted with requests in it
REQUEST = Request(json.dumps([[1.0] * 10]).encode(), "application/json", "application/json")


class SteadyClient:
    """Calls the endpoint `scores` all the time and keeps what came of it.

    It lives as long as a client of a service does: it reads the endpoint's name before its first call, and anew
    only when there is no endpoint of that name.
    """

    def __init__(self, project: Any) -> None:
        self._clients = {
            service: project.machine.client(service) for service in ("ssm", "sagemaker-runtime", "s3")
        }
        self._asked: Counter[str] = Counter()
        self._endpoint = DeployedEndpoint(self._client, load_environment("local", project.environments), "scores")
        self._enough = threading.Event()
        self.outcomes: list[Response | Exception] = []

    @property
    def readings_of_the_name(self) -> int:
        """How often it has asked for the endpoint's name."""
        return self._asked["ssm"]

    @property
    def answers(self) -> list[Response]:
        return [one for one in self.outcomes if isinstance(one, Response)]

    @property
    def failures(self) -> list[Exception]:
        return [one for one in self.outcomes if isinstance(one, Exception)]

    @property
    def answered(self) -> Counter[str]:
        """How often each SageMaker endpoint answered, by its name."""
        return Counter(answer.endpoint_name for answer in self.answers)

    @property
    def longest_run_of_failures(self) -> int:
        runs = groupby(self.outcomes, key=lambda one: isinstance(one, Exception))
        return max((len(list(run)) for is_failure, run in runs if is_failure), default=0)

    def call(self) -> Response:
        return send(self._endpoint, REQUEST, timeout=_ANSWER)

    @contextmanager
    def calling(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._enough.set()
            thread.join()

    def _client(self, service: str) -> Any:
        self._asked[service] += 1
        return self._clients[service]

    def _run(self) -> None:
        while not self._enough.wait(_PAUSE):
            try:
                self.outcomes.append(self.call())
            except (BotoCoreError, ClientError, CommandError) as error:
                self.outcomes.append(error)
