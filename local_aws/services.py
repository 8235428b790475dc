"""Puts the local AWS together: ministack, SageMaker, Application Auto Scaling, and the mends to ministack."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from local_aws import alarms, log_group_type, oidc_provider, s3_bucket
from local_aws import ministack_seam as seam
from local_aws.application_autoscaling import cloudformation as autoscaling_types
from local_aws.application_autoscaling.control_plane import ApplicationAutoScaling
from local_aws.application_autoscaling.policy_alarms import PolicyAlarms
from local_aws.application_autoscaling.scaling import Scaling
from local_aws.authorization import (
    AuthorizedService,
    Rules,
    autoscaling_permissions,
    require_invocation,
    sagemaker_permissions,
)
from local_aws.door import Door
from local_aws.emulator import OPERATIONS_PATH, RECOVERY_PATH, SAVE_PATH, STATUS_PATH
from local_aws.image_passwords import new_password
from local_aws.process_registry import ProcessRegistry
from local_aws.sagemaker import cloudformation as sagemaker_types
from local_aws.sagemaker.account_limits import FILE as LIMITS
from local_aws.sagemaker.account_limits import AccountLimits
from local_aws.sagemaker.alarm_watch import AlarmWatch
from local_aws.sagemaker.asynchronous.hosting import AsyncInference
from local_aws.sagemaker.container_images import ContainerImages
from local_aws.sagemaker.control_plane import SageMaker
from local_aws.sagemaker.endpoints import Endpoints
from local_aws.sagemaker.launch import Launcher
from local_aws.sagemaker.metrics import NAMESPACE, InvocationMetrics
from local_aws.sagemaker.model_data import ModelData
from local_aws.sagemaker.resources import ResourceStore
from local_aws.sagemaker.role_access import RoleAccess
from local_aws.sagemaker.role_rights import RoleRights
from local_aws.sagemaker.runtime import InvokeEndpoint
from local_aws.sagemaker.scalable_capacity import VariantCapacity
from local_aws.sagemaker.software.choice import IMAGES, software_of
from local_aws.self_client import SelfClients
from local_aws.service_roles import ServiceRoles
from local_aws.stack_operations import StackOperations
from local_aws.stack_roles import StackRoles
from local_aws.state_saver import StateSaver


class LocalServices:
    """Everything that answers on the local AWS's port.

    Parameters
    ----------
    door
        Where it answers; a door with TLS is one of strict mode.
    folder
        Where state, containers and the list of processes lie.
    """

    def __init__(self, door: Door, folder: Path) -> None:
        strict = door.authority is not None
        clients = SelfClients(door)
        roles = ServiceRoles(door) if strict else None
        self._registry = ProcessRegistry(folder / "processes.json")
        self._images = folder / IMAGES
        models = ResourceStore("model", "Model")
        configs = ResourceStore("endpoint-config", "EndpointConfig")
        model_data = ModelData(clients, roles)
        access = RoleAccess(clients, roles) if roles else None
        rights = RoleRights(clients, roles)
        limits = AccountLimits(folder / LIMITS)
        launcher = Launcher(clients, model_data, self._registry, folder, access, rights=rights, limits=limits)
        launcher.remove_leftovers()
        saver = StateSaver(seam.asgi_app())
        store = ResourceStore("endpoint", "Endpoint")
        autoscaling = ApplicationAutoScaling(PolicyAlarms(clients))
        self._metrics = InvocationMetrics(clients)
        self._asynchronous = AsyncInference(
            # The endpoints are made below, and know this one.
            lambda account, region, name: self._endpoints.running(account, region, name),  # noqa: PLW0108
            self._metrics,
            rights,
            saver.plan,
        )
        watch = AlarmWatch(clients)
        self._endpoints = Endpoints(
            store,
            configs,
            models,
            launcher,
            on_change=saver.plan,
            scaling=autoscaling,
            limits=limits,
            alarms=watch,
            check_alarm_access=watch.check_access,
            listener=self._asynchronous,
        )
        self._scaling = Scaling(autoscaling, VariantCapacity(self._endpoints), clients)
        sagemaker = SageMaker(models, configs, self._endpoints, model_data, ContainerImages(clients))
        self._register("sagemaker", sagemaker, "SageMaker", sagemaker_permissions if strict else None)
        prefix = "AnyScaleFrontendService"
        self._register("application-autoscaling", autoscaling, prefix, autoscaling_permissions if strict else None)
        if strict:
            seam.require_signatures()
            seam.name_described_repositories()
            seam.name_log_groups_with_their_streams()
            seam.log_in_with(new_password)
            StackRoles().install()
        sagemaker_types.register(sagemaker, self._endpoints)
        autoscaling_types.register(autoscaling)
        s3_bucket.complete(clients)
        log_group_type.complete(clients)
        oidc_provider.register(clients)
        seam.refuse_missing_image_tags()
        seam.describe_stacks_by_their_templates()
        seam.join_in_conditions()
        seam.simulate_with_context()
        seam.merge_metric_values(NAMESPACE)
        alarms.install()
        seam.listen_to_alarms(lambda _alarm, _state: watch.changed())
        seam.listen_to_alarms(self._scaling.alarm_changed)
        self._operations = StackOperations(clients, self._endpoints, on_accept=saver.save_before_answer)
        self._operations.install()
        # Invocations change no state, so they pass by the saver.
        saved = self._with_status(saver)
        self._metrics.start()
        permitted = require_invocation if strict else None
        self.app = InvokeEndpoint(saved, self._endpoints, self._metrics, permitted, self._asynchronous)

    @staticmethod
    def _register(name: str, service: seam.Service, target_prefix: str, rules: Rules | None) -> None:
        """Add a service, for those only who may call it where there are rules."""
        seam.register_service(name, AuthorizedService(service, rules) if rules else service, target_prefix)

    def flush(self) -> None:
        """Write and publish what is not yet; to be called while the server still answers."""
        self._endpoints.flush()
        self._metrics.stop()

    def stop(self) -> None:
        """End every container."""
        self._endpoints.stop_all()
        self._registry.end_all()

    def _with_status(self, app: Callable[..., Any]) -> Callable[..., Any]:
        """Return the application with pages about the local AWS itself, and the restore at its start."""

        async def with_status(
            scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]
        ) -> None:
            pages = {
                STATUS_PATH: self._status,
                RECOVERY_PATH: self._recovery,
                OPERATIONS_PATH: self._operations.stacks_in_progress,
                SAVE_PATH: seam.save_state,
            }
            if scope["type"] == "http" and scope["path"] in pages:
                body = json.dumps(pages[scope["path"]]()).encode()
                headers = [
                    (b"content-type", b"application/json"),
                    (b"content-length", str(len(body)).encode()),
                ]
                await send({"type": "http.response.start", "status": int(HTTPStatus.OK), "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return

            async def restoring_send(message: dict[str, Any]) -> None:
                if message["type"] == "lifespan.startup.complete":
                    self._endpoints.restore()
                    self._operations.finish_interrupted()
                    alarms.keep_evaluating(self._scaling.alarms_stay)
                await send(message)

            await app(scope, receive, restoring_send if scope["type"] == "lifespan" else send)

        return with_status

    def _recovery(self) -> dict[str, Any]:
        """Return what the restore after a restart did, and whether it still goes on."""
        lost = [f"the creation of endpoint {name} was interrupted; it is gone" for name in self._endpoints.lost]
        return {"under_way": self._operations.under_way, "notes": [*lost, *self._operations.finished]}

    def _status(self) -> list[dict[str, Any]]:
        shown = []
        for account, region, record in self._endpoints.store.everywhere():
            variants = self._endpoints.every_running(account, region, record["EndpointName"])
            shown.append(
                {
                    "name": record["EndpointName"],
                    "status": record["EndpointStatus"],
                    "failure_reason": record.get("FailureReason"),
                    "account": account,
                    "region": region,
                    "variants": [
                        {
                            "name": v.name,
                            "pid": v.container.pid,
                            "url": v.container.url,
                            "note": software_of(v.image, self._images).note,
                        }
                        for v in variants
                    ],
                }
            )
        return shown
