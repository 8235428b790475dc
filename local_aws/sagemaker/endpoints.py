"""The endpoints as SageMaker's API has them (EndpointStatus of API_DescribeEndpoint)."""

from __future__ import annotations

import time
from collections.abc import Callable

from local_aws import ministack_seam as seam
from local_aws.api_error import validation_error
from local_aws.sagemaker.account_limits import AccountLimits
from local_aws.sagemaker.capacity_change import capacity_change
from local_aws.sagemaker.deployment import Deployment, Listener
from local_aws.sagemaker.deployments import Deployments
from local_aws.sagemaker.endpoint_records import GUARDRAILS, ROLLED_BACK, EndpointRecords
from local_aws.sagemaker.fleets import Fleets, Key
from local_aws.sagemaker.guardrail_rules import refuse_deployment
from local_aws.sagemaker.launch import Launcher
from local_aws.sagemaker.resources import Record, ResourceStore
from local_aws.sagemaker.restoring import restore_one
from local_aws.sagemaker.rollout import AlarmsWatched
from local_aws.sagemaker.summaries import endpoint_description
from local_aws.sagemaker.update_rules import NothingScales, ScaledVariants, refuse_change
from local_aws.sagemaker.variant import RunningVariant
from local_aws.sagemaker.variant_properties import MEMBER as VARIANT_PROPERTIES
from local_aws.sagemaker.variant_properties import effective, retained


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
    limits
        What the account may not have; without them it may have everything.
    alarms, check_alarm_access, listener
        As of ``Deployments``.
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
        limits: AccountLimits | None = None,
        alarms: AlarmsWatched | None = None,
        check_alarm_access: Callable[[str, tuple[str, ...]], None] = lambda _role, _names: None,
        listener: Listener | None = None,
    ) -> None:
        self.store = store
        self._configs = configs
        self._models = models
        self._scaling = scaling or NothingScales()
        self._limits = limits
        self._records = EndpointRecords(store, on_change)
        self._fleets = Fleets()
        self._deployments = Deployments(
            self._records,
            self._fleets,
            launcher,
            alarms=alarms,
            check_alarm_access=check_alarm_access,
            listener=listener,
        )
        self.lost: list[str] = []

    def create(self, request: Record, config: Record) -> Record:
        """Create an endpoint, which is ``Creating`` until its containers answer.

        Raises
        ------
        ApiError
            When the endpoint exists, the deployment config does not fit, or a quota would be exceeded.
        """
        refuse_deployment(request.get("DeploymentConfig"), None, config)
        self._refuse_beyond_quotas(config)
        deployment = self._deployment({}, config)
        others = {name: value for name, value in request.items() if name != "DeploymentConfig"}
        guardrails = {GUARDRAILS: request["DeploymentConfig"]} if "DeploymentConfig" in request else {}
        members = {**others, **guardrails, "EndpointStatus": "Creating", "LastModifiedTime": time.time()}
        deployment.record = self.store.add(request["EndpointName"], members)
        self._deployments.start(self._deployments.bring_up, deployment)
        return deployment.record

    def update(self, request: Record, config: Record) -> Record:
        """Move an endpoint to another config; the old variants answer until the new ones do.

        Raises
        ------
        ApiError
            When there is no such endpoint, a change is under way, or UpdateEndpoint refuses this one.
        """
        with self._records.settled(request["EndpointName"]) as record:
            self._refuse_failed(record)
            before = self._configs.find(record["EndpointConfigName"])
            now = self._now(record) or (
                effective(before, record.get(VARIANT_PROPERTIES) or {}) if before else None
            )
            properties = retained(request, now, config)
            guardrails = request.get("DeploymentConfig")
            if guardrails is None and request.get("RetainDeploymentConfig"):
                guardrails = record.get(GUARDRAILS)
            config = effective(config, properties)
            deployment = self._deployment(record, config, properties, guardrails)
            refuse_change(record, before, config, self._scaling)
            refuse_deployment(guardrails, before, config)
            self._refuse_beyond_quotas(config)
            self._records.set(
                record,
                EndpointStatus="Updating",
                FailureReason=None,
                **{GUARDRAILS: guardrails, ROLLED_BACK: None},
            )
            self._deployments.start(self._deployments.update, deployment)
        return record

    def change_capacity(self, name: str, desired: list[Record]) -> Record:
        """Give variants other weights and instance counts, as UpdateEndpointWeightsAndCapacities does.

        Raises
        ------
        ApiError
            When there is no such endpoint or variant, a change is under way, or the count does not fit.
        """
        with self._records.settled(name) as record:
            self._refuse_failed(record)
            deployment = capacity_change(record, self._fleets.serving(self._key(record)), desired)
            self._records.set(record, EndpointStatus="Updating", FailureReason=None)
            self._deployments.start(self._deployments.change_capacity, deployment)
        return record

    def delete(self, name: str) -> None:
        """Delete an endpoint: requests in flight finish, then its containers end.

        Its scalable targets are deregistered (Developer Guide, "Delete endpoints configured for auto scaling").

        Raises
        ------
        ApiError
            When there is no such endpoint, or a change is under way.
        """
        with self._records.settled(name) as record:
            self._records.set(record, EndpointStatus="Deleting")
        self._scaling.deregister_variants_of(record["EndpointName"])
        self._deployments.start(self._deployments.take_down, Deployment(record, {}, {}))

    def describe(self, name: str) -> Record:
        """Return the answer of DescribeEndpoint."""
        record = self.store.get(name)
        key = self._key(record)
        return endpoint_description(record, self._fleets.serving(key), self._deployments.under_way(key))

    def running(self, account: str, region: str, name: str) -> list[RunningVariant]:
        """Return the variants that take requests now."""
        return self._fleets.production((account, region, name.lower()))

    def every_running(self, account: str, region: str, name: str) -> list[RunningVariant]:
        """Return the variants that take requests now, and the shadow variants that get copies of them."""
        fleet = self._fleets.serving((account, region, name.lower()))
        return [*self.running(account, region, name), *(fleet.shadows if fleet else [])]

    def wait_until_settled(self, name: str) -> Record | None:
        """Wait until no change of the endpoint is under way; return its record, None when it is gone."""
        return self._records.wait_until_settled(name)

    def interrupt(self, name: str) -> None:
        """Let an update that bakes go back to the old variants, without waiting for the end of the baking."""
        self._deployments.interrupt((seam.account(), seam.region(), name.lower()))

    def restore(self) -> None:
        """Start the containers of endpoints from before a restart of the local AWS.

        What was under way when it ended is decided now: a creation and an update did not happen, a deletion
        did. One that failed at an earlier restart is tried again.
        """
        for account, region, record in self.store.everywhere():
            with seam.request_scope(account, region):
                if not restore_one(record, self._records, self._configs, self._deployment, self._deployments):
                    self.lost.append(record["EndpointName"])

    def flush(self) -> None:
        """Stop the deployments that wait, and write the captured data; while the server still answers."""
        self._deployments.stop()
        self._fleets.flush()

    def stop_all(self) -> None:
        """End every container, and every wait of a deployment."""
        self._deployments.stop()
        self._fleets.stop_all()

    def _refuse_beyond_quotas(self, config: Record) -> None:
        if self._limits is None:
            return
        here = (seam.account(), seam.region())
        records = [record for account, region, record in self.store.everywhere() if (account, region) == here]
        configs = (self._configs.find(record.get("EndpointConfigName", "")) for record in records)
        self._limits.refuse_beyond_quotas(config, [one for one in configs if one])

    def _deployment(
        self,
        record: Record,
        config: Record,
        properties: Record | None = None,
        guardrails: Record | None = None,
    ) -> Deployment:
        shapes = [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]
        models = {shape["ModelName"]: self._models.get(shape["ModelName"]) for shape in shapes}
        return Deployment(record, config, models, properties or {}, guardrails)

    def _refuse_failed(self, record: Record) -> None:
        if record["EndpointStatus"] == "Failed":
            # API_DescribeEndpoint: DeleteEndpoint is the only operation on a failed endpoint.
            raise validation_error(f'Cannot update failed endpoint "{record["EndpointArn"]}". Delete it.')

    def _now(self, record: Record) -> Record | None:
        fleet = self._fleets.serving(self._key(record))
        return fleet.config if fleet else None

    @staticmethod
    def _key(record: Record) -> Key:
        return seam.account(), seam.region(), record["EndpointName"].lower()
