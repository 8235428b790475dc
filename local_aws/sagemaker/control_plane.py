"""SageMaker's API for hosting: models, endpoint configs, endpoints and their tags."""

from __future__ import annotations

from typing import Any

from local_aws.api_error import ApiError, validation_error
from local_aws.json_service import JsonService
from local_aws.sagemaker.config_rules import refuse_config
from local_aws.sagemaker.container_images import ContainerImages
from local_aws.sagemaker.endpoints import Endpoints
from local_aws.sagemaker.listing import chosen
from local_aws.sagemaker.model_data import ModelData
from local_aws.sagemaker.model_source import model_source
from local_aws.sagemaker.resources import Record, ResourceStore

Request = dict[str, Any]
_PAGE = 10  # the API's default


class SageMaker(JsonService):
    """The service.

    Parameters
    ----------
    models, configs
        Their records.
    endpoints
        What runs the endpoints.
    model_data, images
        Where models' tarballs and images are looked up.
    """

    def __init__(
        self,
        models: ResourceStore,
        configs: ResourceStore,
        endpoints: Endpoints,
        model_data: ModelData,
        images: ContainerImages,
    ) -> None:
        self._models = models
        self._configs = configs
        self._endpoints = endpoints
        self._model_data = model_data
        self._images = images
        super().__init__(
            "sagemaker",
            {
                "CreateModel": self._create_model,
                "DescribeModel": lambda r: self._described(self._models.get(r["ModelName"])),
                "DeleteModel": self._delete_model,
                "ListModels": lambda r: self._listed(r, self._models, "Models"),
                "CreateEndpointConfig": self._create_endpoint_config,
                "DescribeEndpointConfig": lambda r: self._described(self._configs.get(r["EndpointConfigName"])),
                "DeleteEndpointConfig": self._delete_endpoint_config,
                "ListEndpointConfigs": lambda r: self._listed(r, self._configs, "EndpointConfigs"),
                "CreateEndpoint": self._create_endpoint,
                "DescribeEndpoint": lambda r: self._endpoints.describe(r["EndpointName"]),
                "UpdateEndpoint": self._update_endpoint,
                "UpdateEndpointWeightsAndCapacities": self._update_capacities,
                "DeleteEndpoint": self._delete_endpoint,
                "ListEndpoints": lambda r: self._listed(r, self._endpoints.store, "Endpoints"),
                "AddTags": self._add_tags,
                "DeleteTags": self._delete_tags,
                "ListTags": lambda r: {"Tags": self._tagged(r["ResourceArn"]).get("Tags", [])},
            },
        )

    def finds(self, arn: str) -> bool:
        """Return whether there is a resource of that ARN."""
        return any(store.by_arn(arn) for store in self._stores)

    def arn(self, title: str, name: str) -> str:
        """Return the ARN that a ``Model``, ``EndpointConfig`` or ``Endpoint`` of a name has or would have."""
        return next(store.arn(name) for store in self._stores if store.title == title)

    def get_state(self) -> dict[str, Any]:
        """Return what has to survive a restart."""
        return {store.kind: store.state for store in self._stores}

    def load_persisted_state(self, data: dict[str, Any]) -> None:
        """Take back the state from before a restart."""
        for store in self._stores:
            store.restore(data.get(store.kind, {}))

    def reset(self) -> None:
        """End every endpoint and forget everything."""
        self._endpoints.stop_all()
        for store in self._stores:
            store.clear()

    @property
    def _stores(self) -> tuple[ResourceStore, ...]:
        return (self._models, self._configs, self._endpoints.store)

    def _create_model(self, request: Request) -> Request:
        containers = [request["PrimaryContainer"]] if "PrimaryContainer" in request else request.get("Containers")
        if not containers:
            raise validation_error("You must provide a primary container or a list of containers.")
        if len(containers) > 1:
            raise _not_implemented("a model of several Containers")
        for container in containers:
            if source := model_source(container):
                self._model_data.check_access(source, request.get("ExecutionRoleArn", ""))
            if image := container.get("Image"):
                self._images.check_exists(image)
        record = self._models.add(request["ModelName"], request)
        return {"ModelArn": record["ModelArn"]}

    def _delete_model(self, request: Request) -> Request:
        self._models.remove(request["ModelName"])
        return {}

    def _create_endpoint_config(self, request: Request) -> Request:
        refuse_config(request, self._models)
        record = self._configs.add(request["EndpointConfigName"], request)
        return {"EndpointConfigArn": record["EndpointConfigArn"]}

    def _delete_endpoint_config(self, request: Request) -> Request:
        self._configs.remove(request["EndpointConfigName"])
        return {}

    def _create_endpoint(self, request: Request) -> Request:
        config = self._configs.get(request["EndpointConfigName"])
        return {"EndpointArn": self._endpoints.create(request, config)["EndpointArn"]}

    def _update_endpoint(self, request: Request) -> Request:
        config = self._configs.get(request["EndpointConfigName"])
        return {"EndpointArn": self._endpoints.update(request, config)["EndpointArn"]}

    def _update_capacities(self, request: Request) -> Request:
        desired = request["DesiredWeightsAndCapacities"]
        return {"EndpointArn": self._endpoints.change_capacity(request["EndpointName"], desired)["EndpointArn"]}

    def _delete_endpoint(self, request: Request) -> Request:
        self._endpoints.delete(request["EndpointName"])
        return {}

    def _described(self, record: Record) -> Record:
        return {key: value for key, value in record.items() if key != "Tags"}

    def _listed(self, request: Request, store: ResourceStore, member: str) -> Request:
        """Return a page of summaries."""
        name = f"{store.title}Name"
        start, size = _start(request.get("NextToken")), request.get("MaxResults", _PAGE)
        records = chosen(store.records(), request, name)
        keys = (name, f"{store.title}Arn", "CreationTime", "LastModifiedTime", "EndpointStatus")
        page = [{k: record[k] for k in keys if k in record} for record in records[start : start + size]]
        more = {"NextToken": str(start + size)} if start + size < len(records) else {}
        return {member: page, **more}

    def _tagged(self, arn: str) -> Record:
        for store in self._stores:
            if record := store.by_arn(arn):
                return record
        raise validation_error(f'Could not find resource "{arn}".')

    def _add_tags(self, request: Request) -> Request:
        record = self._tagged(request["ResourceArn"])
        tags = {tag["Key"]: tag["Value"] for tag in record.get("Tags", []) + request["Tags"]}
        record["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        return {"Tags": record["Tags"]}

    def _delete_tags(self, request: Request) -> Request:
        record = self._tagged(request["ResourceArn"])
        record["Tags"] = [tag for tag in record.get("Tags", []) if tag["Key"] not in request["TagKeys"]]
        return {}


def _not_implemented(what: str) -> ApiError:
    return ApiError("UnsupportedOperation", f"The local AWS does not implement {what}")


def _start(token: str | None) -> int:
    """Return how many records came before a page, which is what the token of the page says.

    Raises
    ------
    ApiError
        For a token that no page was answered with.
    """
    if token is None:
        return 0
    if not token.isdecimal():
        raise validation_error(f"NextToken {token!r} is invalid.")
    return int(token)
