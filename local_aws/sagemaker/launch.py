"""Brings the variants of an endpoint config up: fetch, unpack, start, wait until ready."""

from __future__ import annotations

import functools
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws.process_registry import ProcessRegistry
from local_aws.sagemaker.container import Container, ContainerError, ContainerSpec
from local_aws.sagemaker.container_logs import ContainerLogs
from local_aws.sagemaker.model_data import ModelData, ModelDataError, model_data_url
from local_aws.sagemaker.role_access import HostAccess
from local_aws.sagemaker.software.choice import software_of
from local_aws.sagemaker.software.ray_serve import scratch
from local_aws.sagemaker.supervision import SupervisedContainer
from local_aws.sagemaker.variant import RunningVariant
from local_aws.self_client import SelfClients

Record = dict[str, Any]
# Seconds until /ping has to answer: Developer Guide, "Serverless endpoint operations", and "How Your Container
# Should Respond to Health Check (Ping) Requests" for instances, unless the variant sets its own.
_SERVERLESS_STARTUP = 180.0
_INSTANCE_STARTUP = 480.0


class Launcher:
    """Starts variants.

    Parameters
    ----------
    clients, model_data, registry
        The local AWS's other services, its tarballs, and where processes are remembered.
    folder
        Where containers are unpacked and packages installed.
    access
        Gives the access to tarball and logs that a role has, for a role's ARN and an image; without it containers
        are started with every right, as outside of strict mode.
    """

    def __init__(
        self,
        clients: SelfClients,
        model_data: ModelData,
        registry: ProcessRegistry,
        folder: Path,
        access: Callable[[str, str], HostAccess] | None = None,
    ) -> None:
        self._access = access or (lambda _role, _image: HostAccess(model_data, clients.client("logs")))
        self._registry = registry
        self._folder = folder

    def launch(
        self, endpoint_name: str, config: Record, model_of: Callable[[str], Record]
    ) -> list[RunningVariant]:
        """Start every variant of a config; all of them run, or none does.

        Raises
        ------
        ContainerError
            With the FailureReason.
        """
        running: list[RunningVariant] = []
        try:
            for shape in config["ProductionVariants"]:
                model = model_of(shape["ModelName"])
                running.append(self._launch_variant(endpoint_name, shape, model))
        except BaseException:  # those that run already have to stop
            for variant in running:
                variant.stop()
            raise
        return running

    def remove_leftovers(self) -> None:
        """Remove what containers of an earlier run were unpacked into."""
        shutil.rmtree(self._folder / "containers", ignore_errors=True)
        scratch.sweep()

    def _launch_variant(self, endpoint_name: str, shape: Record, model: Record) -> RunningVariant:
        definition = model.get("PrimaryContainer") or model["Containers"][0]
        folder = self._folder / "containers" / f"{endpoint_name}-{uuid.uuid4().hex[:12]}"
        model_dir = folder / "model"
        try:
            access = self._access(model.get("ExecutionRoleArn", ""), definition.get("Image", ""))
            if url := model_data_url(definition):
                access.model_data.unpack(url, model_dir)
            else:
                model_dir.mkdir(parents=True)
            begin = functools.partial(self._begin, access.logs, endpoint_name, shape, model_dir, definition)
            container = SupervisedContainer(begin)
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, ModelDataError):
                raise ContainerError(str(error)) from error
            raise
        return RunningVariant(shape, definition.get("Image", ""), container, folder, endpoint_name)

    def _begin(
        self, logs: Any, endpoint_name: str, shape: Record, model_dir: Path, definition: Record
    ) -> Container:
        """Start a container, which does not answer yet."""
        container = Container(self._spec(shape, model_dir, definition), self._registry)
        try:
            self._follow_output(container, logs, endpoint_name, shape, definition)
        except BaseException:
            container.stop()
            raise
        return container

    def _spec(self, shape: Record, model_dir: Path, definition: Record) -> ContainerSpec:
        default = _SERVERLESS_STARTUP if "ServerlessConfig" in shape else _INSTANCE_STARTUP
        return ContainerSpec(
            variant_name=shape["VariantName"],
            model_dir=model_dir,
            packages_dir=self._folder / "packages",
            startup_timeout=shape.get("ContainerStartupHealthCheckTimeoutInSeconds", default),
            environment=dict(definition.get("Environment") or {}),
            software=software_of(definition.get("Image", "")),
        )

    def _follow_output(
        self, container: Container, client: Any, endpoint_name: str, shape: Record, definition: Record
    ) -> None:
        stdout = container.output.stdout
        assert stdout is not None  # noqa: S101 - the container is started with a pipe
        logs = ContainerLogs(
            stdout,
            client,
            f"/aws/sagemaker/Endpoints/{endpoint_name}",
            f"{shape['VariantName']}/local-{container.pid}",
        )
        container.attach(logs)
        if note := software_of(definition.get("Image", "")).note:
            logs.note(note)
