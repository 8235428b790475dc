"""Sends a model's samples to its container on a port of this machine: `send_samples.py MODEL PORT`."""

from __future__ import annotations

import sys
from http import HTTPStatus

from assets.model_folder import find_model
from assets.preflight.answers import difference
from assets.preflight.exchange import NoAnswerError, send
from assets.samples import Sample, load_samples

_BODY_SHOWN = 1000
_SECONDS = 60.0  # SageMaker's own limit for a real-time answer (SageMaker Runtime API, InvokeEndpoint)


def problem(sample: Sample, port: int) -> str | None:
    """Send a sample; return what is wrong with its answer, or None."""
    try:
        answer = send(sample, port, seconds=_SECONDS)
    except NoAnswerError as error:
        return str(error)
    if answer.status != HTTPStatus.OK:
        return f"was answered {answer.status}: {answer.body[:_BODY_SHOWN]!r}"
    if sample.expected is None:
        return None
    return difference(sample.expected, answer.body, answer.content_type, sample.tolerance)


def main() -> int:
    """Send the samples of the model that the first argument names; return the exit status."""
    _, model, port = sys.argv
    problems = {sample.name: problem(sample, int(port)) for sample in load_samples(find_model(model))}
    for name, found in problems.items():
        print(f"{name}: {found or 'ok'}")
    return int(not problems or any(problems.values()))


if __name__ == "__main__":
    sys.exit(main())
