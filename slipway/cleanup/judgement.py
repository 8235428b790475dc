"""What follows from what was found: whether it is left over, what removes it, and what still needs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from slipway.cleanup.claims import bucket_key_description
from slipway.cleanup.finding import Clients, Finding
from slipway.cleanup.kinds import ResourceKind
from slipway.cleanup.resource import Resource
from slipway.cleanup.stacks_found import FoundStack
from stacks.settings import EnvironmentSettings

_RETAINED = {"bucket", "image", "key", "objects", "repository"}


@dataclass(frozen=True)
class Judge:
    """Judges what an environment has.

    Parameters
    ----------
    settings
        Of the environment.
    """

    settings: EnvironmentSettings

    def of_resource(self, kind: ResourceKind, clients: Clients, resource: Resource, reason: str) -> Finding:
        """Judge a resource of no stack that the app has deployed.

        Parameters
        ----------
        kind
            Of the resource.
        clients
            Makes boto3 clients.
        resource
            As it was found.
        reason
            Why it is this environment's.
        """
        commands = tuple(self._shell(command) for command in kind.commands(clients, resource))
        if kind.kind == "template":
            note = "it costs next to nothing and holds no data"
            return Finding(resource, reason, commands, "trace", note)
        if kind.kind in _RETAINED and self.settings.removal == "retain":
            note = f"the environment {self.settings.name} has `removal: retain`"
            return Finding(resource, reason, commands, "kept", note)
        return Finding(resource, reason, commands)

    def of_stack(self, stack: FoundStack, resources: int, *, is_defined: bool) -> Finding:
        """Judge a stack that runs nothing, or that the app no longer defines.

        Parameters
        ----------
        stack
            Of this environment.
        resources
            How many it has.
        is_defined
            Whether the app defines it.
        """
        says = f"{stack.status}, {resources} resource{'' if resources == 1 else 's'}"
        reason = (
            f"it is {stack.status}: it runs nothing, and has to go before it can be deployed again"
            if is_defined
            else "it is of this environment, and the app no longer defines it"
        )
        command = self._shell(f"cloudformation delete-stack --stack-name {stack.name}")
        return Finding(Resource("stack", stack.name, stack.stack_id, says=says), reason, (command,))

    def of_stuck_stack(self, stack: FoundStack) -> Finding:
        """Judge a stack that runs what it has, and that cannot be deployed again as it is."""
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

    def with_holders(self, findings: Iterable[Finding], deployed: Iterable[str]) -> Iterator[Finding]:
        """Hold back what deployed endpoints and trainings need: bucket, key and repository, and their stack."""
        names = self.settings.names
        users = ", ".join(sorted(set(deployed) - {names.artifact_stack}))
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
