"""Looks for what is left of an environment, through every service."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

from botocore.exceptions import ClientError

from slipway.cleanup.app_images import app_images
from slipway.cleanup.claims import Claims, known_endpoints
from slipway.cleanup.finding import Clients, Finding
from slipway.cleanup.former_objects import former_prefixes
from slipway.cleanup.judgement import Judge
from slipway.cleanup.kinds import KINDS, ResourceKind, images_of, objects_of
from slipway.cleanup.kinds.images import AN_HOUR
from slipway.cleanup.kinds.resource_kind import Tags, is_gone
from slipway.cleanup.kinds.small import parameters
from slipway.cleanup.ownership import Ownership
from slipway.cleanup.resource import Resource
from slipway.cleanup.stacks_found import (
    FoundStack,
    Say,
    all_stacks,
    app_stacks,
    resources_of,
    stacks_of,
    wait_until_settled,
)
from slipway.cleanup.survey import Survey, Unseen
from slipway.errors import CommandError
from stacks.settings import EnvironmentSettings

_WORKERS = 8
_TRAINING = {"training job", "training logs"}


@dataclass
class Surveyor:
    """Looks for what is left of one environment.

    Parameters
    ----------
    clients
        Makes boto3 clients.
    settings
        Of the environment.
    others
        The settings of the other environments in the same account and region.
    former
        Endpoints that were once of this environment, beside those that stacks and parameters tell of.
    say
        Hears what is waited for.
    looking
        Hears what is looked at.
    pause
        Called with the seconds between two looks.
    """

    clients: Clients
    settings: EnvironmentSettings
    others: Sequence[EnvironmentSettings] = ()
    former: Sequence[str] = ()
    say: Say = lambda _: None
    looking: Say = lambda _: None
    pause: Callable[[float], None] = time.sleep
    undeletable: set[str] = field(default_factory=set)
    """Stacks whose deletion has failed: what they have is then removed by itself."""
    _known: set[str] = field(default_factory=set, init=False)
    """Endpoints that a survey knew, of which a later one might hear no more."""

    def survey(self) -> Survey:
        """Look at everything, once no operation goes on on the environment's stacks.

        Raises
        ------
        CommandError
            An operation on a stack does not come to its end.
        botocore.exceptions.ClientError
            CloudFormation may not be looked at: without its stacks nothing can be judged.
        """
        while True:
            self.looking("stacks")
            claims = self._claims()
            stacks = wait_until_settled(partial(self._stacks, claims), self.say, self.pause)
            survey = self._survey(claims, stacks)
            # What somebody deployed meanwhile would look like a leftover of no stack's.
            if self._stacks(self._claims()) == stacks:
                return survey
            self.say("the stacks have changed meanwhile: looking again")

    def _stacks(self, claims: Claims) -> list[FoundStack]:
        return stacks_of(claims, all_stacks(self.clients("cloudformation")))

    def _survey(self, claims: Claims, stacks: list[FoundStack]) -> Survey:
        cloudformation = self.clients("cloudformation")
        defined = app_stacks(self.settings)
        deployed = {s.name: s.status for s in stacks if s.name in defined and not s.has_failed}
        used = {i for s in stacks if s.name not in self.undeletable for i in resources_of(cloudformation, s)}
        found = [
            self._of_stack(stack, is_deployed=stack.name in deployed, is_defined=stack.name in defined)
            for stack in stacks
            if stack.name not in deployed or stack.is_stuck
        ]
        unseen: list[Unseen] = []
        closed: list[Resource] = []
        ownership = Ownership(claims, [_claims_of(other) for other in self.others])
        for kind in self._kinds(claims, deployed, used):
            self.looking(kind.plural)
            try:
                found += self._judged(kind, ownership, used, set(deployed), closed)
            except (ClientError, CommandError) as error:
                unseen.append(Unseen(kind.plural, str(error)))
        return Survey(deployed, tuple(self._judge.with_holders(found, deployed)), tuple(unseen), tuple(closed))

    @property
    def _judge(self) -> Judge:
        return Judge(self.settings)

    def _of_stack(self, stack: FoundStack, *, is_deployed: bool, is_defined: bool) -> Finding:
        if is_deployed:
            return self._judge.of_stuck_stack(stack)
        resources = resources_of(self.clients("cloudformation"), stack)
        return self._judge.of_stack(stack, len(resources), is_defined=is_defined)

    def _claims(self) -> Claims:
        names = self.settings.names
        stacks = [(stack.name, stack.description) for stack in all_stacks(self.clients("cloudformation"))]
        told = known_endpoints(names, stacks, self._parameters())
        self._known |= {*self.settings.endpoints, *told, *self.former}
        return Claims(names, frozenset(self._known))

    def _parameters(self) -> list[str]:
        try:
            return [one.name for one in parameters(self.clients, self.settings.names)]
        except ClientError:  # said when the parameters themselves are looked at
            return []

    def _kinds(self, claims: Claims, deployed: dict[str, str], used: set[str]) -> Iterator[ResourceKind]:
        names = self.settings.names
        for kind in KINDS:
            if kind.kind in _TRAINING and names.training_stack in deployed:
                continue
            if kind.kind == "bucket" and names.artifact_stack in deployed:
                yield objects_of(former_prefixes(self.settings, claims.endpoints))
            if kind.kind == "repository" and names.artifact_stack in deployed and names.repository in used:
                # Nobody but this checkout deploys into the local AWS.
                spared = dt.timedelta(0) if self.settings.is_local else AN_HOUR
                yield images_of(partial(app_images, self.settings), spared)
            yield kind

    def _judged(
        self,
        kind: ResourceKind,
        ownership: Ownership,
        used: set[str],
        deployed: set[str],
        closed: list[Resource],
    ) -> list[Finding]:
        listed = [one for one in kind.listed(self.clients, self.settings.names) if not _is_used(one, used)]
        found = []
        for resource in self._tagged(kind, listed):
            reason = ownership.reason(resource)
            if not reason and resource.is_closed:
                closed.append(resource)
            if reason and not (kind.kind == "template" and self._is_deployed_template(resource, deployed)):
                found.append(self._judge.of_resource(kind, self.clients, resource, reason))
        return found

    def _tagged(self, kind: ResourceKind, listed: list[Resource]) -> Iterator[Resource]:
        """Read the tags; what somebody removed meanwhile has none, and drops out."""
        if kind.tags is None or not listed:
            yield from listed
            return
        with ThreadPoolExecutor(_WORKERS) as workers:
            tags = workers.map(partial(_tags, kind.tags, self.clients), listed)
            for one, own in zip(listed, tags, strict=True):
                if own is not None:
                    yield replace(one, tags=own)

    def _is_deployed_template(self, resource: Resource, deployed: set[str]) -> bool:
        names = self.settings.names
        stack = names.training_stack if "training jobs" in resource.says else names.artifact_stack
        return stack in deployed


def _tags(read: Callable[[Clients, Resource], Tags], clients: Clients, resource: Resource) -> Tags | None:
    try:
        return read(clients, resource)
    except ClientError as error:
        if is_gone(error):
            return None
        raise


def _claims_of(settings: EnvironmentSettings) -> Claims:
    return Claims(settings.names, frozenset(settings.endpoints))


def _is_used(resource: Resource, used: set[str]) -> bool:
    return resource.name.lower() in used or resource.arn.lower() in used
