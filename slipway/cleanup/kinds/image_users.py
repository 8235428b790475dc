"""Which images SageMaker has in use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

from botocore.exceptions import ClientError

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.resource_kind import is_gone, pages

_WORKERS = 8


def images_of_models_and_endpoints(clients: Clients) -> set[str]:
    """Return the URIs of the images of every Model and every endpoint of the account and region, whosever it is.

    An endpoint may run the image of a Model that was deleted.
    """
    sagemaker = clients("sagemaker")
    models = [one["ModelName"] for one in pages(sagemaker, "list_models", "Models")]
    endpoints = [one["EndpointName"] for one in pages(sagemaker, "list_endpoints", "Endpoints")]
    return {
        *_told(models, lambda name: sagemaker.describe_model(ModelName=name), _of_model),
        *_told(endpoints, lambda name: sagemaker.describe_endpoint(EndpointName=name), _of_endpoint),
    }


def _told(
    names: list[str],
    describe: Callable[[str], Mapping[str, Any]],
    read: Callable[[Mapping[str, Any]], Iterator[str]],
) -> list[str]:
    """Read what each of many says; what somebody removed meanwhile says nothing."""

    def told(name: str) -> list[str]:
        try:
            return list(read(describe(name)))
        except ClientError as error:
            if is_gone(error):
                return []
            raise

    if not names:
        return []
    with ThreadPoolExecutor(_WORKERS) as workers:
        return list(chain.from_iterable(workers.map(told, names)))


def _of_model(model: Mapping[str, Any]) -> Iterator[str]:
    # One from a model package has no image of its own (SageMaker API, ContainerDefinition).
    for container in (model.get("PrimaryContainer", {}), *model.get("Containers", [])):
        if "Image" in container:
            yield container["Image"]


def _of_endpoint(endpoint: Mapping[str, Any]) -> Iterator[str]:
    """Yield the images as they were asked for and as they were found (SageMaker API, DeployedImage)."""
    for side in (endpoint, endpoint.get("PendingDeploymentSummary", {})):
        for variant in (*side.get("ProductionVariants", []), *side.get("ShadowProductionVariants", [])):
            for image in variant.get("DeployedImages", []):
                yield from (image[key] for key in ("SpecifiedImage", "ResolvedImage") if key in image)
