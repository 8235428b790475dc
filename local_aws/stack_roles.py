"""Whose rights CloudFormation acts with in strict mode: those of the stack's role, or of the caller.

A role has to be passed by the caller, and is kept for the operations to come; without one the caller's own rights
count (CloudFormation User Guide, "AWS CloudFormation service role").
"""

from __future__ import annotations

import time
import uuid

from local_aws import ministack_seam as seam
from local_aws.stack_permissions import permissions

_SERVICE = "cloudformation.amazonaws.com"
_SESSION_NAME = "AWSCloudFormation"
_RENEWAL = 60.0  # seconds before a session's end


class ResourceDeniedError(Exception):
    """The stack's role, or the caller, may not do what a resource needs."""


class StackRoles:
    """Asks IAM before an operation on a stack, and before each of its resources."""

    def __init__(self) -> None:
        self._sessions: dict[str, seam.RoleSession] = {}

    def install(self) -> None:
        """Ask from now on."""
        seam.guard_stack_operations(self._refusal)
        seam.guard_resources(self._check)

    def _refusal(self, role: str | None, named: bool) -> seam.Refusal | None:
        if role is None:
            return None
        caller = seam.caller()
        if named and caller:
            refusal = seam.refusal_of(caller, "iam:PassRole", role, {"iam:PassedToService": _SERVICE})
            if refusal:
                return refusal
        self._sessions.pop(role, None)  # its trust policy may be another one by now
        if self._session(role) is None:
            return seam.Refusal("ValidationError", f"Role {role} is invalid or cannot be assumed", 400)
        return None

    def _check(self, change: seam.Change) -> None:
        principal = self._principal(change.role)
        if principal is None:
            return
        for permission in permissions(change):
            refusal = seam.refusal_of(principal, permission.action, permission.resource, permission.context)
            if refusal:
                raise _denied(refusal.message)

    def _principal(self, role: str | None) -> str | None:
        """Return an access key; None for what a restart cut off and who asked for it is known no more."""
        if role is None:
            return seam.caller()
        session = self._session(role)
        if session is None:
            raise _denied(f"Role {role} is invalid or cannot be assumed")
        return session.access_key_id

    def _session(self, role: str) -> seam.RoleSession | None:
        kept = self._sessions.get(role)
        if kept is None or kept.expires < time.time() + _RENEWAL:
            kept = seam.assume_role(role, _SERVICE, _SESSION_NAME, {})
            if kept is not None:
                self._sessions[role] = kept
        return kept


def _denied(message: str) -> ResourceDeniedError:
    """Put a refusal into the words that a stack's events have for it."""
    ending = f"(RequestToken: {uuid.uuid4()}, HandlerErrorCode: AccessDenied)"
    return ResourceDeniedError(f'Resource handler returned message: "{message}" {ending}')
