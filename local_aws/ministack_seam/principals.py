"""Who a request that goes on acts for, and what that principal may do, long after its signature was checked."""

from __future__ import annotations

import time
from collections.abc import Mapping

from ministack.core import iam_actions, iam_evaluator, responses
from ministack.services import iam, sts

from local_aws.ministack_seam.authorization import Refusal, RoleSession


class UnknownCallerError(Exception):
    """There is no caller, or none that IAM knows."""


def caller() -> str | None:
    """Return the access key that signed the request; None outside of one, as after a restart.

    What a request leaves running, such as an operation on a stack, has the same caller.
    """
    return iam_evaluator._verified_key.get() or None


def refusal_of(
    access_key: str, action: str, resource_arn: str, context: Mapping[str, str] | None = None
) -> Refusal | None:
    """Return why the owner of an access key may not do something, or None.

    Parameters
    ----------
    access_key
        Whose signature was checked before, or of a role that was assumed here.
    action, resource_arn
        As policies name them.
    context
        Condition keys.
    """
    service = action.partition(":")[0]
    denied = iam_evaluator.enforce(
        access_key, action, service, responses.get_region(), resource_arn, dict(context or {})
    )
    if denied is None:
        return None
    if isinstance(denied, iam_evaluator.AuthError):
        return Refusal(denied.code, denied.message, 403)
    explicit = denied.decision == "Deny"
    message = iam_actions.identity_denial_message(action, denied.principal_arn, resource_arn, explicit)
    return Refusal("AccessDenied", message, 403)


def caller_session(policy: str, duration: float) -> RoleSession:
    """Make temporary credentials that may do what the caller may, within a policy.

    Parameters
    ----------
    policy
        The session's policy, JSON. One that the caller's own session has keeps its place.
    duration
        Seconds.

    Raises
    ------
    UnknownCallerError
        When nobody signed the request, or the access key is gone.
    """
    access_key = caller() or ""
    owner = iam_evaluator.resolve_credential(access_key, responses.get_account_id())
    if isinstance(owner, iam_evaluator.CredentialResolutionError):
        raise UnknownCallerError(owner.message)
    session = RoleSession(
        iam._gen_session_access_key(), iam._gen_secret(), iam._gen_session_token(), time.time() + duration
    )
    # A session of a role or a user says more about itself than its credential does, such as its tags.
    own = sts._sessions.get(access_key, {})
    sts.register_session(
        session.access_key_id,
        {
            **own,
            "Arn": owner.principal_arn,
            "UserId": owner.principal_id,
            "AccountId": owner.account_id,
            "PrincipalType": owner.principal_type,
            "PrincipalName": owner.principal_name,
            "SessionPolicies": own.get("SessionPolicies") or {"Policy": policy},
            "SecretAccessKey": session.secret_access_key,
            "SessionToken": session.session_token,
            "Expiration": session.expires,
        },
    )
    return session
