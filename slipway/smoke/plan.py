"""Which samples an endpoint can be sent, and which of its variants is to answer them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assets.model_folder import find_model
from assets.preflight.limits import limits_of
from assets.samples import Sample, load_samples
from stacks.settings import EndpointSettings, Variant
from stacks.targets import endpoint_target


@dataclass(frozen=True)
class Planned:
    """One check.

    Parameters
    ----------
    endpoint
        The endpoint's name in the settings.
    variant
        The variant that is to answer.
    is_targeted
        Whether the request has to name the variant.
    sample
        What is to be sent; None where there is nothing to send.
    obstacle
        Why it cannot be sent; None where it can.
    """

    endpoint: str
    variant: str
    is_targeted: bool
    sample: Sample | None
    obstacle: str | None = None


def planned_checks(endpoint: str, settings: EndpointSettings) -> Iterator[Planned]:
    """Yield a check for every sample of every variant.

    Parameters
    ----------
    endpoint
        The endpoint's name in the settings.
    settings
        Of the endpoint.

    Raises
    ------
    AssetError
        A model folder is missing, or a sample is wrong.

    Notes
    -----
    Sources: SageMaker Runtime API, InvokeEndpoint (TargetVariant) and InvokeEndpointAsync, which has none; "Shadow
    variants", Amazon SageMaker AI Developer Guide.
    """
    targeted = len(settings.production_variants) > 1 and settings.hosting.type != "async"
    for variant in settings.all_variants:
        obstacle = _obstacle(settings, variant)
        samples = [] if obstacle else load_samples(find_model(variant.model))
        if not samples:
            missing = obstacle or f"the model {variant.model} has no samples"
            yield Planned(endpoint, variant.name, targeted, None, missing)
        limit = limits_of(endpoint_target(settings, variant)).request_bytes
        for sample in samples:
            yield Planned(endpoint, variant.name, targeted, sample, _size_problem(variant, sample, limit))


def _obstacle(settings: EndpointSettings, variant: Variant) -> str | None:
    if variant.is_shadow:
        return "a shadow variant gets copies of requests, and its answers are dropped"
    if not variant.model:
        return "its model_data lies in S3, and there is no model folder with samples"
    if settings.hosting.type == "async":
        return _asynchronous_obstacle(settings, variant)
    return None


def _asynchronous_obstacle(settings: EndpointSettings, variant: Variant) -> str | None:
    """Say why a variant cannot be asked, where the weights decide which one answers."""
    first = settings.production_variants[0]
    if any(one.model != first.model for one in settings.production_variants):
        return "an asynchronous request cannot name the variant, and the variants' models are not the same"
    if variant.name != first.name:
        return f"an asynchronous request cannot name the variant; the same samples are sent once, see {first.name}"
    return None


def _size_problem(variant: Variant, sample: Sample, limit: int | None) -> str | None:
    size = len(sample.body)
    if limit is None or size <= limit:
        return None
    return f"the request has {size} bytes, and {variant.hosting.type} hosting takes {limit}"
