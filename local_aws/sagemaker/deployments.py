"""Brings endpoint configs up behind endpoints, each on a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from local_aws import ministack_seam as seam
from local_aws.sagemaker.container import ContainerError
from local_aws.sagemaker.deployment import Deployment, Listener, NoListener
from local_aws.sagemaker.endpoint_records import HAS_SERVED, KEPT, ROLLED_BACK, EndpointRecords
from local_aws.sagemaker.fleet import Fleet
from local_aws.sagemaker.fleets import Fleets, Key
from local_aws.sagemaker.launch import Launcher
from local_aws.sagemaker.resources import Record
from local_aws.sagemaker.rollout import AlarmsWatched, Interrupted, NoAlarms, RolledBack, Rollout
from local_aws.sagemaker.rollout_plan import plan_of
from local_aws.sagemaker.variant_properties import MEMBER as VARIANT_PROPERTIES

_LOG = logging.getLogger(__name__)


class Deployments:
    """Takes deployments through their course.

    Parameters
    ----------
    records, fleets
        Of the endpoints.
    launcher
        What starts the variants.
    alarms
        Knows the alarms that roll back.
    check_alarm_access
        Refuses a role that may not read the alarms: takes its ARN and their names.
    listener
        Is told of what serves.
    """

    def __init__(
        self,
        records: EndpointRecords,
        fleets: Fleets,
        launcher: Launcher,
        *,
        alarms: AlarmsWatched | None = None,
        check_alarm_access: Callable[[str, tuple[str, ...]], None] = lambda _role, _names: None,
        listener: Listener | None = None,
    ) -> None:
        self._records = records
        self._fleets = fleets
        self._launcher = launcher
        self._alarms = alarms or NoAlarms()
        self._check_alarm_access = check_alarm_access
        self._listener = listener or NoListener()
        self._under_way: dict[Key, Deployment] = {}

    def under_way(self, key: Key) -> Deployment | None:
        """Return the deployment of an endpoint that goes on."""
        return self._under_way.get(key)

    def start(self, change: Callable[[Deployment], None], deployment: Deployment) -> None:
        """Let a change of an endpoint happen, in its account and region."""

        def run() -> None:
            with seam.request_scope(deployment.account, deployment.region):
                try:
                    change(deployment)
                finally:
                    if self._under_way.get(deployment.key) is deployment:
                        del self._under_way[deployment.key]

        self._under_way[deployment.key] = deployment
        name = f"endpoint {deployment.record['EndpointName']}"
        threading.Thread(target=run, name=name, daemon=True).start()

    def interrupt(self, key: Key) -> None:
        """Let a deployment that bakes go back to the old fleet at once."""
        if deployment := self._under_way.get(key):
            deployment.interrupt()

    def stop(self) -> None:
        """Let no deployment wait any longer: the local AWS ends."""
        for deployment in list(self._under_way.values()):
            deployment.interrupt(for_good=True)
        self._listener.stop()

    def bring_up(self, deployment: Deployment) -> None:
        """Start the first fleet of an endpoint, or the first since the local AWS started."""
        try:
            fleet = self._launch(deployment)
        except ContainerError as error:
            self._records.set(deployment.record, EndpointStatus="Failed", FailureReason=str(error))
        else:
            self._take_over(deployment, fleet)

    def update(self, deployment: Deployment) -> None:
        """Start another fleet and move the requests to it; the old one answers until then."""
        try:
            fleet = self._roll_out(deployment, self._launch(deployment))
        except ContainerError as error:
            self._records.set(deployment.record, EndpointStatus="InService", FailureReason=str(error))
        except RolledBack as outcome:
            self._go_back(deployment)
            reason = {"FailureReason": str(outcome), ROLLED_BACK: True, KEPT: self._what_serves(deployment)}
            self._records.set(deployment.record, EndpointStatus="InService", **reason)
        except Interrupted:
            self._go_back(deployment)
            if not deployment.cut_off:  # the record of an update that the end cut off says so, for the next start
                reason = {"FailureReason": "The deployment was stopped before it was complete."}
                self._records.set(deployment.record, EndpointStatus="InService", **reason)
        else:
            self._take_over(deployment, fleet)

    def change_capacity(self, deployment: Deployment) -> None:
        """Give the variants of an endpoint the weights and instance counts that are desired."""
        fleet = self._fleets.serving(deployment.key)
        reason = None
        if fleet:
            for variant in fleet.production:
                variant.scale_in()
            self._listener.serves(deployment.record, fleet)
        for variant in fleet.production if fleet else []:
            try:
                variant.scale()
                variant.weight = variant.desired_weight
            except ContainerError as error:
                reason = str(error)
        if fleet:
            fleet.take(None)
            self._listener.serves(deployment.record, fleet)
        members: dict[str, Any] = {"EndpointStatus": "InService", "FailureReason": reason}
        if reason is None:
            members[VARIANT_PROPERTIES] = deployment.properties
        self._records.set(deployment.record, **members)

    def take_down(self, deployment: Deployment) -> None:
        """Delete an endpoint: requests in flight finish, then its containers end."""
        self._listener.ends(deployment.record)
        if fleet := self._fleets.remove(deployment.key):
            fleet.stop()
        self._records.remove(deployment.record["EndpointName"])

    def _launch(self, deployment: Deployment) -> Fleet:
        """Start the variants; whatever goes wrong is a ContainerError, so that no endpoint is left in between."""
        name = deployment.record["EndpointName"]
        try:
            variants = self._launcher.launch(name, deployment.config, deployment.models.__getitem__)
            return Fleet(deployment.config, variants, deployment.models)
        except ContainerError:
            raise
        except Exception as error:
            _LOG.exception("endpoint %s", name)
            raise ContainerError(f"The local AWS could not start the container: {error}") from error

    def _roll_out(self, deployment: Deployment, fleet: Fleet) -> Fleet:
        plan = plan_of(deployment.guardrails, fleet.instance_count)
        model = deployment.models[deployment.config["ProductionVariants"][0]["ModelName"]]

        def on_stage(status: str) -> None:
            deployment.stage = (status, time.time())

        rollout = Rollout(
            plan, self._alarms, lambda share: self._fleets.shift(deployment.key, fleet, share), on_stage
        )
        try:
            if plan.alarms:
                self._check_alarm_access(model.get("ExecutionRoleArn", ""), plan.alarms)
            deployment.rollout = rollout
            if deployment.interrupted:  # while the containers came up
                rollout.interrupt()
            self._fleets.shift(deployment.key, fleet, 0.0)
            rollout.run()
        except (RolledBack, Interrupted):
            raise
        except Exception as error:
            self._fleets.shift(deployment.key, fleet, 0.0)
            self._go_back(deployment)
            if isinstance(error, ContainerError):
                raise
            _LOG.exception("endpoint %s", deployment.record["EndpointName"])
            raise ContainerError(f"The local AWS could not watch the deployment: {error}") from error
        return fleet

    def _what_serves(self, deployment: Deployment) -> Record | None:
        fleet = self._fleets.serving(deployment.key)
        return {"Config": fleet.config, "Models": fleet.models} if fleet else None

    def _go_back(self, deployment: Deployment) -> None:
        if fleet := self._fleets.send_back(deployment.key):
            fleet.stop()

    def _take_over(self, deployment: Deployment, fleet: Fleet) -> None:
        before = self._fleets.take_over(deployment.key, fleet)
        self._listener.serves(deployment.record, fleet)
        if before:
            before.stop()
        self._records.set(
            deployment.record,
            EndpointStatus="InService",
            EndpointConfigName=deployment.config["EndpointConfigName"],
            **{HAS_SERVED: True, KEPT: deployment.kept, VARIANT_PROPERTIES: deployment.properties},
        )
