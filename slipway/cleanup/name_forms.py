"""The forms that the names of an environment's resources have, kind by kind."""

from __future__ import annotations

import re
from collections.abc import Callable

from slipway.cleanup.claims import Claims, bucket_key_description, endpoint_prefixes, stack_descriptions
from slipway.cleanup.resource import Kind, Resource
from stacks.names import LOG_GROUPS, PART, Names

_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def is_named_by(claims: Claims, resource: Resource) -> bool:
    """Whether the whole name, or the whole of what else it says, is of a form that is this environment's."""
    form = _FORMS.get(resource.kind)
    return form is not None and form(claims, resource)


def _exactly(*wanted: Callable[[Names], str]) -> Callable[[Claims, Resource], bool]:
    return lambda claims, resource: resource.name in {want(claims.names) for want in wanted}


def _is_generated(claims: Claims, resource: Resource) -> bool:
    return claims.is_generated(resource.name)


def _is_alarm(claims: Claims, resource: Resource) -> bool:
    tracked = re.fullmatch(
        rf"TargetTracking-endpoint/(?P<endpoint>[^/]+)/variant/[^/]+-Alarm(High|Low)-{_UUID}", resource.name
    )
    return claims.is_endpoint(tracked["endpoint"]) if tracked else claims.is_generated(resource.name)


def _is_dashboard(claims: Claims, resource: Resource) -> bool:
    return resource.name in {claims.names.dashboard(endpoint) for endpoint in claims.endpoints}


def _is_image(claims: Claims, resource: Resource) -> bool:
    return resource.name.startswith(f"{claims.names.repository}:")


def _is_key(claims: Claims, resource: Resource) -> bool:
    of_stacks = {f"Encrypts what {stack} keeps" for stack in claims.stacks}
    return resource.says in {bucket_key_description(claims.names), *of_stacks}


def _is_log_group(claims: Claims, resource: Resource) -> bool:
    name = resource.name
    if name.startswith(LOG_GROUPS):
        return claims.is_endpoint(name.removeprefix(LOG_GROUPS))
    return claims.is_generated(name.removeprefix("/aws/lambda/"))


def _are_objects(claims: Claims, resource: Resource) -> bool:
    bucket = f"s3://{claims.names.bucket}/"
    return resource.name in {
        f"{bucket}{prefix}" for one in claims.endpoints for prefix in endpoint_prefixes(claims.names, one)
    }


def _is_parameter(claims: Claims, resource: Resource) -> bool:
    names = claims.names
    form = f"/{names.project}/{names.environment}/{PART}/endpoint-name"
    fixed = {names.bucket_key_parameter, names.training_role_parameter}
    return resource.name in fixed or re.fullmatch(form, resource.name) is not None


def _is_scaled(claims: Claims, resource: Resource) -> bool:
    scaled = re.fullmatch(r"endpoint/(?P<endpoint>[^/]+)/variant/[^/]+", resource.says)
    return scaled is not None and claims.is_endpoint(scaled["endpoint"])


def _is_training_job(claims: Claims, resource: Resource) -> bool:
    names = claims.names
    is_named = re.fullmatch(rf"{re.escape(names.prefix)}-.+-[0-9]{{8}}-[0-9]{{6}}", resource.name) is not None
    return is_named and resource.says.startswith(f"s3://{names.bucket}/{names.training_prefix('')[:-1]}")


def _is_template(claims: Claims, resource: Resource) -> bool:
    return resource.says in stack_descriptions(claims)


_FORMS: dict[Kind, Callable[[Claims, Resource], bool]] = {
    "alarm": _is_alarm,
    "bucket": _exactly(lambda names: names.bucket),
    "dashboard": _is_dashboard,
    "endpoint": lambda claims, resource: claims.is_endpoint(resource.name),
    "endpoint config": _is_generated,
    "function": _is_generated,
    "image": _is_image,
    "key": _is_key,
    "log group": _is_log_group,
    "managed policy": _is_generated,
    "model": _is_generated,
    "objects": _are_objects,
    "parameter": _is_parameter,
    "repository": _exactly(lambda names: names.repository),
    "role": _is_generated,
    "scaling policy": _is_scaled,
    "scaling target": _is_scaled,
    "template": _is_template,
    "topic": _is_generated,
    "training job": _is_training_job,
    "training logs": _is_training_job,
}
