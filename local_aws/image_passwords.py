"""The passwords that ECR gives out in strict mode."""

from __future__ import annotations

import json

from local_aws import ministack_seam as seam
from local_aws.registry_logins import password_of

_DURATION = 12 * 3600.0  # seconds (Amazon ECR API Reference, "GetAuthorizationToken")
_POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}]}


def new_password() -> str:
    """Return a password with which the caller of the request pushes images, and can do nothing else.

    A caller whose session has a policy of its own is held to that one instead.
    """
    session = seam.caller_session(json.dumps(_POLICY), _DURATION)
    return password_of(session.access_key_id, session.secret_access_key, session.session_token)
