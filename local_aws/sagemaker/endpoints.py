"""Takes endpoints through their states, as SageMaker does (EndpointStatus of API_DescribeEndpoint)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_aws import ministack_seam as seam
from local_aws.api_error import ApiError, validation_error
from local_aws.sagemaker.container import ContainerError
from local_aws.sagemaker.launch import Launcher
from local_aws.sagemaker.resources import Record, ResourceStore
from local_aws.sagemaker.update_rules import NothingScales, ScaledVariants, refuse_change
from local_aws.sagemaker.variant import RunningVariant

_LOG = logging.getLogger(__name__)
_HAS_SERVED = "HasServed"  # the member of a record that says that its endpoint was in service once
_IN_PROGRESS = {"Creating", "Updating", "Deleting"}
Key = tuple[str, str, str]


@dataclass
class _Deployment:
    """A change that is under way, in the account and region it was asked for in."""

    record: Record
    config: Record
    account: str
    region: str
    models: dict[str, Record]


class Endpoints:
    """The endpoints of every account and region.

    Parameters
    ----------
    store, configs, models
        The records.
    launcher
        What starts the variants.
    on_change
        Called, on any thread, when an endpoint's state changed.
    scaling
        Knows which variants are scalable targets.
    """

    def __init__(
        self,
        store: ResourceStore,
        configs: ResourceStore,
        models: ResourceStore,
        launcher: Launcher,
        *,
        on_change: Callable[[], None] = lambda: None,
        scaling: ScaledVariants | None = None,
    ) -> None:
        self.store = store
        self._configs = configs
        self._models = models
        self._launcher = launcher
        self._on_change = on_change
        self._scaling = scaling or NothingScales()
        self._running: dict[Key, list[RunningVariant]] = {}
        self._changed = threading.Condition()
        self.lost: list[str] = []

    def create(self, request: Record, config: Record) -> Record:
        """Create an endpoint, which is ``Creating`` until its containers answer.

        Raises
        ------
        ApiError
            When the endpoint exists.
        """
        deployment = self._deployment({}, config)
        deployment.record = self.store.add(
            request["EndpointName"],
            {**request, "EndpointStatus": "Creating", "LastModifiedTime": time.time()},
        )
        self._start(self._deploy_new, deployment)
        return deployment.record

    def update(self, request: Record, config: Record) -> Record:
        """Move an endpoint to another config; the old variants answer until the new ones do.

        Raises
        ------
        ApiError
            When there is no such endpoint, a change is under way, or UpdateEndpoint refuses this one.
        """
        with self._changed:
            record = self._settled(request["EndpointName"])
            if record["EndpointStatus"] == "Failed":
                # API_DescribeEndpoint: DeleteEndpoint is the only operation on a failed endpoint.
                raise validation_error(f'Cannot update failed endpoint "{record["EndpointArn"]}". Delete it.')
            deployment = self._deployment(record, config)
            before = self._configs.find(record["EndpointConfigName"])
            refuse_change(record, before, config, self._scaling)
            self._set(record, EndpointStatus="Updating", FailureReason=None)
        self._start(self._deploy_update, deployment)
        return record

    def delete(self, name: str) -> None:
        """Delete an endpoint: requests in flight finish, then its containers end.

        Its scalable targets are deregistered (Developer Guide, "Delete endpoints configured for auto scaling").

        Raises
        ------
        ApiError
            When there is no such endpoint, or a change is under way.
        """
        with self._changed:
            record = self._settled(name)
            self._set(record, EndpointStatus="Deleting")
        self._scaling.deregister_variants_of(record["EndpointName"])
        self._start(self._undeploy, self._deployment(record, {"ProductionVariants": []}))

    def describe(self, name: str) -> Record:
        """Return the answer of DescribeEndpoint."""
        record = self.store.get(name)
        hidden = {"Tags", "DeploymentConfig", _HAS_SERVED}
        shown = {k: v for k, v in record.items() if k not in hidden and v is not None}
        variants = self.running(seam.account(), seam.region(), name)
        return {**shown, **({"ProductionVariants": [v.summary() for v in variants]} if variants else {})}

    def running(self, account: str, region: str, name: str) -> list[RunningVariant]:
        """Return the variants that take requests now."""
        return self._running.get((account, region, name.lower()), [])

    def wait_until_settled(self, name: str) -> Record | None:
        """Wait until no change of the endpoint is under way; return its record, None when it is gone."""
        with self._changed:
            self._changed.wait_for(lambda: (self.store.find(name) or {}).get("EndpointStatus") not in _IN_PROGRESS)
        return self.store.find(name)

    def restore(self) -> None:
        """Start the containers of endpoints from before a restart of the local AWS.

        What was under way when it ended is decided now: a creation and an update did not happen, a deletion
        did. One that failed at an earlier restart is tried again.
        """
        for account, region, record in self.store.everywhere():
            with seam.request_scope(account, region):
                self._restore_one(record)

    def stop_all(self) -> None:
        """End every container."""
        stopping = [threading.Thread(target=variant.stop) for group in self._running.values() for variant in group]
        self._running.clear()
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join()

    def _restore_one(self, record: Record) -> None:
        name, status = record["EndpointName"], record["EndpointStatus"]
        if status == "Deleting":
            self.store.remove(name)
        elif status == "Creating":
            self.store.remove(name)
            self.lost.append(name)
        elif status != "Failed" or record.get(_HAS_SERVED):
            try:
                deployment = self._deployment(record, self._configs.get(record["EndpointConfigName"]))
            except ApiError as error:  # somebody deleted the config or the model of a running endpoint
                self._set(record, EndpointStatus="Failed", FailureReason=error.message)
                return
            self._set(record, EndpointStatus="Updating")
            self._start(self._deploy_new, deployment)

    def _deployment(self, record: Record, config: Record) -> _Deployment:
        models = {v["ModelName"]: self._models.get(v["ModelName"]) for v in config["ProductionVariants"]}
        return _Deployment(record, config, seam.account(), seam.region(), models)

    def _settled(self, name: str) -> Record:
        record = self.store.get(name)
        if record["EndpointStatus"] in _IN_PROGRESS:
            raise validation_error(f'Cannot update in-progress endpoint "{record["EndpointArn"]}".')
        return record

    def _start(self, change: Callable[[_Deployment], None], deployment: _Deployment) -> None:
        def run() -> None:
            with seam.request_scope(deployment.account, deployment.region):
                change(deployment)

        threading.Thread(target=run, name=f"endpoint {deployment.record['EndpointName']}", daemon=True).start()

    def _launch(self, deployment: _Deployment) -> list[RunningVariant]:
        """Start the variants; whatever goes wrong is a ContainerError, so that no endpoint is left in between."""
        try:
            return self._launcher.launch(
                deployment.record["EndpointName"], deployment.config, deployment.models.__getitem__
            )
        except ContainerError:
            raise
        except Exception as error:
            _LOG.exception("endpoint %s", deployment.record["EndpointName"])
            raise ContainerError(f"The local AWS could not start the container: {error}") from error

    def _deploy_new(self, deployment: _Deployment) -> None:
        try:
            variants = self._launch(deployment)
        except ContainerError as error:
            self._set(deployment.record, EndpointStatus="Failed", FailureReason=str(error))
        else:
            self._take_over(deployment, variants)

    def _deploy_update(self, deployment: _Deployment) -> None:
        try:
            variants = self._launch(deployment)
        except ContainerError as error:
            # The old variants never stopped answering.
            self._set(deployment.record, EndpointStatus="InService", FailureReason=str(error))
        else:
            self._take_over(deployment, variants)

    def _undeploy(self, deployment: _Deployment) -> None:
        for variant in self._running.pop(self._key(deployment), []):
            variant.stop()
        self.store.remove(deployment.record["EndpointName"])
        with self._changed:
            self._changed.notify_all()
        self._on_change()

    def _take_over(self, deployment: _Deployment, variants: list[RunningVariant]) -> None:
        before = self._running.get(self._key(deployment), [])
        self._running[self._key(deployment)] = variants
        for variant in before:
            variant.stop()
        self._set(
            deployment.record,
            EndpointStatus="InService",
            EndpointConfigName=deployment.config["EndpointConfigName"],
            **{_HAS_SERVED: True},
        )

    def _key(self, deployment: _Deployment) -> Key:
        return deployment.account, deployment.region, deployment.record["EndpointName"].lower()

    def _set(self, record: Record, **members: Any) -> None:
        with self._changed:
            record.update(members, LastModifiedTime=time.time())
            self._changed.notify_all()
        self._on_change()
