"""Who calls, and what the caller may do: ministack's IAM, which it enforces when its ``AUTH`` is true."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from ministack.core import iam_actions, iam_evaluator, responses, router
from ministack.services import iam, sts

_SESSION_DURATION = 3600.0  # seconds; what AssumeRole gives unless told otherwise
# Calls that authenticate by means of their own.
_OPEN_ACTIONS = frozenset({"execute-api:Invoke", "lambda:InvokeFunctionUrl"})
_LOG_TAG_ACTIONS = frozenset({"logs:ListTagsForResource", "logs:TagResource", "logs:UntagResource"})


@dataclass(frozen=True)
class Refusal:
    """Why a request is refused: error code, text and HTTP status, as AWS's JSON protocols show them."""

    code: str
    message: str
    status: int


@dataclass(frozen=True)
class RoleSession:
    """Temporary credentials of a role; ``expires`` in seconds since the epoch."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires: float


def require_signatures() -> None:
    """Take nobody for the root of an account who does not sign with the root's secret.

    Without this, ministack with ``AUTH`` believes an access key of 12 digits, and a request without any key,
    whatever the signature says. The root's secret is ``AWS_SECRET_ACCESS_KEY`` of this process.
    """
    # What this says yes to is exempt from the check of signatures.
    iam_evaluator._is_root_key = lambda _access_key: False
    enforce = iam_evaluator.enforce

    def enforce_with_key(
        access_key: str, action: str, service: str, region: str, *given: Any, **named: Any
    ) -> Any:
        keyless = not access_key and action not in _OPEN_ACTIONS
        if keyless and not iam_evaluator._served_unsigned(service, action):
            return iam_evaluator.AuthError("MissingAuthenticationToken", "Missing Authentication Token")
        return enforce(access_key, action, service, region, *given, **named)

    iam_evaluator.enforce = enforce_with_key


def name_described_repositories() -> None:
    """Let ECR's DescribeRepositories be about the repository that it names, so that its policy counts.

    ministack reads the member ``repositoryName``, which this operation does not have. A request for several is
    still taken for one on all.
    """
    original = iam_actions.extract_resource_arn

    def resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *more: Any) -> str:
        names: list[Any] = []
        if service == "ecr" and headers.get("x-amz-target", "").endswith(".DescribeRepositories"):
            names = _repository_names(body)
        if len(names) == 1:
            return f"arn:aws:ecr:{responses.get_region()}:{responses.get_account_id()}:repository/{names[0]}"
        return str(original(service, method, path, headers, body, *more))

    iam_actions.extract_resource_arn = resource_arn


def _repository_names(body: bytes) -> list[Any]:
    """Return the repositories that a request names; what is no request is refused by ECR itself."""
    try:
        request = json.loads(body)
    except ValueError:
        return []
    names = request.get("repositoryNames") if isinstance(request, dict) else None
    return names if isinstance(names, list) else []


def name_log_groups_with_their_streams() -> None:
    """Let calls to CloudWatch Logs be about ``log-group:NAME:log-stream:``, as on AWS, and not ``log-group:NAME``.

    The policies that AWS's documentation shows end in ``:*`` and match nothing else ("Overview of managing access
    permissions to your CloudWatch Logs resources"; only the calls for tags take the ARN without it).
    """
    enforce = iam_evaluator.enforce

    def enforce_with_streams(
        access_key: str, action: str, service: str, region: str, resource_arn: str = "*", *given: Any, **named: Any
    ) -> Any:
        if service == "logs" and ":log-group:" in resource_arn and action not in _LOG_TAG_ACTIONS:
            resource_arn += ":log-stream:"
        return enforce(access_key, action, service, region, resource_arn, *given, **named)

    iam_evaluator.enforce = enforce_with_streams


def hold_request(scope: Mapping[str, Any], body: bytes) -> None:
    """Keep a request as it was sent, so that ``refusal`` checks its signature.

    ministack does this for its own services; this is for what is answered before a request reaches them.
    """
    query = parse_qs(scope.get("query_string", b"").decode(), keep_blank_values=True)
    iam_evaluator.pin_signed_request(scope["method"], scope["raw_path"].decode(), query, scope["headers"])
    iam_evaluator.pin_signed_body(body)
    iam_evaluator.pin_request_origin((scope.get("client") or ("",))[0], scope.get("scheme") == "https")


def refusal(
    headers: Mapping[str, str], action: str, resource_arn: str, context: Mapping[str, str] | None = None
) -> Refusal | None:
    """Return why the caller may not do something, or None: signature first, then policies.

    Parameters
    ----------
    headers
        Of the request, with names in lower case.
    action, resource_arn
        What the caller wants, as policies name it.
    context
        Condition keys of the request.
    """
    service = action.partition(":")[0]
    access_key = router.extract_access_key_id(headers, {}) or ""
    denied = iam_evaluator.enforce(
        access_key, action, service, responses.get_region(), resource_arn, dict(context or {})
    )
    if denied is None:
        # Two Authorization headers could name two callers: the one who is asked about has to have signed.
        signed = iam_evaluator.caller_verified(access_key, responses.get_account_id())
        return None if signed else _failure("SignatureDoesNotMatch", "The caller did not sign.", service, headers)
    if isinstance(denied, iam_evaluator.AuthError):
        return _failure(denied.code, denied.message, service, headers)
    explicit = denied.decision == "Deny"
    message = iam_actions.identity_denial_message(action, denied.principal_arn, resource_arn, explicit)
    return Refusal("AccessDeniedException", message, 400 if headers.get("x-amz-target") else 403)


def _failure(code: str, message: str, service: str, headers: Mapping[str, str]) -> Refusal:
    shown_code, status, shown_message = iam_actions._auth_failure(service, code, message, headers)
    return Refusal(shown_code, shown_message, status)


def assume_role(role_arn: str, service: str, session_name: str, context: Mapping[str, str]) -> RoleSession | None:
    """Take on a role as a service of AWS; None when there is no such role or it does not trust the service.

    STS cannot be asked: it takes a caller for a principal of an account, never for a service.

    Parameters
    ----------
    service
        The service's principal, such as ``sagemaker.amazonaws.com``.
    session_name
        What the session's ARN ends in.
    context
        Condition keys of the service's request, such as ``aws:SourceAccount``.
    """
    account = role_arn.split(":")[4] if role_arn.count(":") > 4 else ""  # noqa: PLR2004 - an ARN's parts
    name = role_arn.rpartition("/")[2]
    role = iam._roles.get_scoped(account, None, name)
    if role is None or not _trusts(role, role_arn, service, context):
        return None
    session = RoleSession(
        iam._gen_session_access_key(), iam._gen_secret(), iam._gen_session_token(), time.time() + _SESSION_DURATION
    )
    sts.register_session(
        session.access_key_id,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}",
            "UserId": f"{role['RoleId']}:{session_name}",
            "SecretAccessKey": session.secret_access_key,
            "SessionToken": session.session_token,
            "Expiration": session.expires,
            "AccountId": account,
            "PrincipalType": "AssumedRole",
        },
    )
    return session


def _trusts(role: Mapping[str, Any], role_arn: str, service: str, context: Mapping[str, str]) -> bool:
    request = iam_evaluator.EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account="",
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=responses.get_region(),
        service_context={key.lower(): value for key, value in context.items()},
    )
    trust = role["AssumeRolePolicyDocument"]
    return bool(iam_evaluator.evaluate_resource_policy(trust, request, service=service).decision == "Allow")
