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

_NOT_IMPLEMENTED = {"UnknownOperationException", "UnsupportedOperation"}
"""What the local AWS answers, which has no inference components."""


def images_in_use(clients: Clients) -> set[str]:
    """Return the URIs of the images of the Models, endpoints and inference components, whosever they are.

    Those of the account and region. An endpoint may run the image of a Model that was deleted, and an inference
    component one of no Model.
    """
    sagemaker = clients("sagemaker")
    models = [one["ModelName"] for one in pages(sagemaker, "list_models", "Models")]
    endpoints = [one["EndpointName"] for one in pages(sagemaker, "list_endpoints", "Endpoints")]
    components = _components(sagemaker)
    return {
        *_told(models, lambda name: sagemaker.describe_model(ModelName=name), _of_model),
        *_told(endpoints, lambda name: sagemaker.describe_endpoint(EndpointName=name), _of_endpoint),
        *_told(
            components,
            lambda name: sagemaker.describe_inference_component(InferenceComponentName=name),
            _of_component,
        ),
    }


def _components(sagemaker: Any) -> list[str]:
    try:
        listed = pages(sagemaker, "list_inference_components", "InferenceComponents")
        return [one["InferenceComponentName"] for one in listed]
    except ClientError as error:
        if error.response["Error"].get("Code") in _NOT_IMPLEMENTED:
            return []
        raise


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
    for side in (endpoint, endpoint.get("PendingDeploymentSummary", {})):
        for variant in (*side.get("ProductionVariants", []), *side.get("ShadowProductionVariants", [])):
            for image in variant.get("DeployedImages", []):
                yield from _deployed(image)


def _of_component(component: Mapping[str, Any]) -> Iterator[str]:
    for specification in (component.get("Specification", {}), *component.get("Specifications", [])):
        container = specification.get("Container", {})
        yield from _deployed(container.get("DeployedImage", {}))


def _deployed(image: Mapping[str, Any]) -> Iterator[str]:
    """Yield an image as it was asked for and as it was found (SageMaker API, DeployedImage)."""
    yield from (image[key] for key in ("SpecifiedImage", "ResolvedImage") if key in image)
