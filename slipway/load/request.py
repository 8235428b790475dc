"""The request that is sent again and again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assets.model_folder import find_model
from assets.nearest import did_you_mean
from assets.samples import Sample, load_samples
from slipway.content_types import content_type_of
from slipway.errors import CommandError
from slipway.invocation import Request
from stacks.settings import EndpointSettings

_JSON = "application/json"


@dataclass(frozen=True)
class LoadRequest:
    """A request, and where it is from.

    Parameters
    ----------
    request
        As it is sent.
    source
        `sample NAME` or `file PATH`.
    """

    request: Request
    source: str


def request_of_file(file: Path, content_type: str | None) -> LoadRequest:
    """Return a file as a request.

    Parameters
    ----------
    file
        With the body.
    content_type
        Of the body; None for what the file's suffix says.

    Raises
    ------
    CommandError
        It cannot be read.
    """
    try:
        body = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from error
    return LoadRequest(Request(body, content_type or content_type_of(file), _JSON), f"file {file}")


def request_of_sample(endpoint: str, settings: EndpointSettings, name: str | None) -> LoadRequest:
    """Return a sample of an endpoint's model, where it has several variants that of the first, as a request.

    Parameters
    ----------
    endpoint
        The endpoint's name in the settings.
    settings
        Of the endpoint.
    name
        Of the sample; None for the first one.

    Raises
    ------
    CommandError
        There is no such sample.
    """
    model = settings.production_variants[0].model
    if not model:
        raise CommandError(f"Endpoint {endpoint} has no model folder with samples; give a request with --file")
    samples = {sample.name: sample for sample in load_samples(find_model(model))}
    if not samples:
        raise CommandError(f"The model {model} has no samples; give a request with --file")
    sample = samples.get(name or next(iter(samples)))
    if sample is None:
        near = did_you_mean(str(name), list(samples))
        raise CommandError(f"The model {model} has no sample {name!r}; it has: {', '.join(samples)}{near}")
    return LoadRequest(_request(sample), f"sample {sample.name}")


def _request(sample: Sample) -> Request:
    return Request(sample.body, sample.content_type, sample.accept)
