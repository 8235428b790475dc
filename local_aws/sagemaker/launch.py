"""Brings the variants of an endpoint config up: fetch, unpack, start, wait until ready."""

from __future__ import annotations

import functools
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws.process_registry import ProcessRegistry
from local_aws.sagemaker.account_limits import AccountLimits
from local_aws.sagemaker.container import Container, ContainerError, ContainerSpec
from local_aws.sagemaker.container_images import ContainerImages
from local_aws.sagemaker.container_logs import ContainerLogs
from local_aws.sagemaker.data_capture import DataCapture
from local_aws.sagemaker.model_data import ModelData, ModelDataError
from local_aws.sagemaker.model_source import model_source
from local_aws.sagemaker.role_access import HostAccess
from local_aws.sagemaker.role_rights import RoleRights
from local_aws.sagemaker.software.choice import IMAGES, software_of
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
    rights
        Gives what captured data are written with; without it none are.
    limits
        What the account may not have; without them it may have everything.
    """

    def __init__(
        self,
        clients: SelfClients,
        model_data: ModelData,
        registry: ProcessRegistry,
        folder: Path,
        access: Callable[[str, str], HostAccess] | None = None,
        *,
        rights: RoleRights | None = None,
        limits: AccountLimits | None = None,
    ) -> None:
        self._access = access or (lambda _role, _image: HostAccess(model_data, clients.client("logs")))
        self._registry = registry
        self._folder = folder
        self._rights = rights
        self._images = ContainerImages(clients)
        self._limits = limits

    def launch(
        self, endpoint_name: str, config: Record, model_of: Callable[[str], Record]
    ) -> list[RunningVariant]:
        """Start every variant of a config, shadow variants as well; all of them run, or none does.

        Raises
        ------
        ContainerError
            With the FailureReason.
        """
        running: list[RunningVariant] = []
        try:
            for member in ("ProductionVariants", "ShadowProductionVariants"):
                for shape in config.get(member, []):
                    model = model_of(shape["ModelName"])
                    variant = self._launch_variant(endpoint_name, shape, model)
                    running.append(variant)
                    variant.shadow = member == "ShadowProductionVariants"
                    variant.asynchronous = "AsyncInferenceConfig" in config
                    if not variant.shadow:
                        variant.capture = self._capture(variant, config)
                    variant.scale()
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
        if self._limits:
            self._limits.require_capacity(shape)
        if "ServerlessConfig" in shape:
            self._images.require_serverless_size(definition.get("Image", ""))
        folder = self._folder / "containers" / f"{endpoint_name}-{uuid.uuid4().hex[:12]}"
        model_dir = folder / "model"
        try:
            access = self._access(model.get("ExecutionRoleArn", ""), definition.get("Image", ""))
            if source := model_source(definition):
                access.model_data.fetch(source, model_dir)
            else:
                model_dir.mkdir(parents=True)
            spec = self._spec(shape, model_dir, definition, isolated=bool(model.get("EnableNetworkIsolation")))
            begin = functools.partial(self._begin, access.logs, endpoint_name, spec, definition)
            container = SupervisedContainer(begin)
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, ModelDataError):
                raise ContainerError(str(error)) from error
            raise
        role_arn = model.get("ExecutionRoleArn", "")
        return RunningVariant(
            shape, definition.get("Image", ""), container, folder, endpoint_name, role_arn=role_arn
        )

    def _capture(self, variant: RunningVariant, config: Record) -> DataCapture | None:
        capture = config.get("DataCaptureConfig")
        if self._rights is None or capture is None or not capture.get("EnableCapture", True):
            return None
        return DataCapture(capture, variant.endpoint_name, variant.name, variant.role_arn, self._rights)

    def _begin(self, logs: Any, endpoint_name: str, spec: ContainerSpec, definition: Record) -> Container:
        """Start a container, which does not answer yet."""
        container = Container(spec, self._registry)
        try:
            self._follow_output(container, logs, endpoint_name, spec.variant_name, definition)
        except BaseException:
            container.stop()
            raise
        return container

    def _spec(self, shape: Record, model_dir: Path, definition: Record, *, isolated: bool) -> ContainerSpec:
        default = _SERVERLESS_STARTUP if "ServerlessConfig" in shape else _INSTANCE_STARTUP
        return ContainerSpec(
            variant_name=shape["VariantName"],
            model_dir=model_dir,
            # What another container was allowed to install is not there for one without a network.
            packages_dir=self._folder / ("packages-isolated" if isolated else "packages"),
            startup_timeout=shape.get("ContainerStartupHealthCheckTimeoutInSeconds", default),
            environment=dict(definition.get("Environment") or {}),
            software=software_of(definition.get("Image", ""), self._folder / IMAGES),
            isolated=isolated,
        )

    def _follow_output(
        self, container: Container, client: Any, endpoint_name: str, variant_name: str, definition: Record
    ) -> None:
        stdout = container.output.stdout
        assert stdout is not None  # noqa: S101 - the container is started with a pipe
        logs = ContainerLogs(
            stdout,
            client,
            f"/aws/sagemaker/Endpoints/{endpoint_name}",
            f"{variant_name}/local-{container.pid}",
        )
        container.attach(logs)
        if note := software_of(definition.get("Image", ""), self._folder / IMAGES).note:
            logs.note(note)
