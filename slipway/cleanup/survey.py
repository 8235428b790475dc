"""What is left of an environment: looks through every service, and judges what it finds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

from botocore.exceptions import ClientError

from slipway.cleanup.finding import Clients, Finding
from slipway.cleanup.former_objects import former_prefixes
from slipway.cleanup.kinds import KINDS, ResourceKind, objects_of
from slipway.cleanup.kinds.resource_kind import Tags, is_gone
from slipway.cleanup.kinds.small import parameters
from slipway.cleanup.ownership import Claims, Ownership, Resource, bucket_key_description, known_endpoints
from slipway.cleanup.stacks_found import (
    FoundStack,
    Say,
    all_stacks,
    app_stacks,
    resources_of,
    stacks_of,
    wait_until_settled,
)
from stacks.settings import EnvironmentSettings

_WORKERS = 8
_RETAINED = {"bucket", "key", "objects", "repository"}
_TRAINING = {"training job", "training logs"}


@dataclass(frozen=True)
class Unseen:
    """A kind of resource that could not be looked at.

    Parameters
    ----------
    what
        The kind.
    reason
        What AWS answered.
    """

    what: str
    reason: str


@dataclass(frozen=True)
class Survey:
    """What an environment has, and what is left of it.

    Parameters
    ----------
    deployed
        The stacks that the app defines and that are there, with their status.
    findings
        In the order in which they can be removed: stacks first.
    unseen
        What could not be looked at.
    closed
        What lets nobody but its owner look at it, and so is taken for somebody else's.
    """

    deployed: dict[str, str]
    findings: tuple[Finding, ...]
    unseen: tuple[Unseen, ...]
    closed: tuple[Resource, ...] = ()

    @property
    def left_over(self) -> tuple[Finding, ...]:
        """What makes the environment unclean."""
        return tuple(finding for finding in self.findings if finding.state == "left over")

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left over, as far as all could be looked at."""
        return not self.left_over and not self.unseen


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
            self._of_stuck_stack(stack) if stack.name in deployed else self._of_stack(stack, defined)
            for stack in stacks
            if stack.name not in deployed or stack.is_stuck
        ]
        unseen: list[Unseen] = []
        closed: list[Resource] = []
        ownership = Ownership(claims, [_claims_of(other) for other in self.others])
        for kind in self._kinds(claims, deployed):
            self.looking(kind.plural)
            try:
                found += self._judged(kind, ownership, used, set(deployed), closed)
            except ClientError as error:
                unseen.append(Unseen(kind.plural, str(error)))
        return Survey(deployed, tuple(self._with_holders(found, deployed)), tuple(unseen), tuple(closed))

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

    def _kinds(self, claims: Claims, deployed: dict[str, str]) -> Iterator[ResourceKind]:
        names = self.settings.names
        for kind in KINDS:
            if kind.kind in _TRAINING and names.training_stack in deployed:
                continue
            if kind.kind == "bucket" and names.artifact_stack in deployed:
                yield objects_of(former_prefixes(self.settings, claims.endpoints))
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
                found.append(self._finding(kind, resource, reason))
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

    def _finding(self, kind: ResourceKind, resource: Resource, reason: str) -> Finding:
        commands = tuple(self._shell(command) for command in kind.commands(self.clients, resource))
        if kind.kind == "template":
            note = "it costs next to nothing and holds no data"
            return Finding(resource, reason, commands, "trace", note)
        if kind.kind in _RETAINED and self.settings.removal == "retain":
            note = f"the environment {self.settings.name} has `removal: retain`"
            return Finding(resource, reason, commands, "kept", note)
        return Finding(resource, reason, commands)

    def _of_stack(self, stack: FoundStack, defined: set[str]) -> Finding:
        number = len(resources_of(self.clients("cloudformation"), stack))
        says = f"{stack.status}, {number} resource{'' if number == 1 else 's'}"
        reason = (
            f"it is {stack.status}: it runs nothing, and has to go before it can be deployed again"
            if stack.name in defined
            else "it is of this environment, and the app no longer defines it"
        )
        command = self._shell(f"cloudformation delete-stack --stack-name {stack.name}")
        return Finding(Resource("stack", stack.name, stack.stack_id, says=says), reason, (command,))

    def _of_stuck_stack(self, stack: FoundStack) -> Finding:
        # Sources: AWS CDK CLI reference, cdk rollback; CloudFormation API, ContinueUpdateRollback.
        back = self._local(f"cdk rollback {stack.name} -c env={self.settings.name}")
        resumed = self._shell(f"cloudformation continue-update-rollback --stack-name {stack.name}")
        events = self._shell(f"cloudformation describe-stack-events --stack-name {stack.name}")
        commands = {"UPDATE_FAILED": (back,), "UPDATE_ROLLBACK_FAILED": (back, resumed)}
        return Finding(
            Resource("stack", stack.name, stack.stack_id, says=stack.status),
            f"it is {stack.status}: what it runs still runs, but cdk deploy refuses it as it is",
            commands.get(stack.status, (events,)),
            note="--remove leaves it, because it may serve; cdk destroy deletes it",
            is_held=True,
        )

    def _with_holders(self, findings: list[Finding], deployed: dict[str, str]) -> Iterator[Finding]:
        """Hold back what deployed endpoints and trainings need: bucket, key and repository, and their stack."""
        names = self.settings.names
        users = ", ".join(sorted(deployed.keys() - {names.artifact_stack}))
        shared = {names.bucket, names.repository, names.artifact_stack, names.bucket_key_parameter}
        for finding in findings:
            is_shared = finding.resource.name in shared or finding.resource.says == bucket_key_description(names)
            if users and is_shared and finding.state == "left over" and not finding.is_held:
                yield replace(finding, is_held=True, note=f"{users} may still need it: destroy that first")
            else:
                yield finding

    def _shell(self, command: str) -> str:
        whole = f"aws {command} --region {self.settings.region}"
        # A command may hold another one, which the shell runs first.
        return whole.replace("aws ", self._local("aws "))

    def _local(self, command: str) -> str:
        return f"slipway local run -- {command}" if self.settings.is_local else command


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
