"""Whose a resource is: an environment's own, as its tags or its whole name prove, or somebody else's.

Nothing is taken for an environment's because its name begins alike: the project `slipway` with the environment
`local` owns neither what `slipway2` and `local` nor what `slipway` and `local2` made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from stacks.names import LOG_GROUPS, PART, Names

Kind = Literal[
    "alarm",
    "bucket",
    "dashboard",
    "endpoint",
    "endpoint config",
    "function",
    "key",
    "log group",
    "managed policy",
    "model",
    "objects",
    "parameter",
    "repository",
    "role",
    "scaling policy",
    "scaling target",
    "stack",
    "template",
    "topic",
    "training job",
    "training logs",
]

STACK_TAG = "aws:cloudformation:stack-name"
"""The tag that CloudFormation sets on what it makes (CloudFormation User Guide, "Resource tags")."""

_INSTANCE_TYPE = r"[a-z0-9]+(-[a-z0-9]+)?-(nano|micro|small|medium|large|[0-9]*xlarge|metal)"
_MODE = re.compile(rf"serverless|(real-time|async)(-({_INSTANCE_TYPE}|[0-9a-f]{{8}}))?")
"""How the name of an endpoint ends: `stacks.settings.mode.endpoint_mode`."""

_GENERATED = re.compile(r"[A-Za-z0-9]+-[A-Za-z0-9]{12,13}")
"""A logical id and a random part."""

_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(frozen=True)
class Resource:
    """A resource as AWS lists it.

    Parameters
    ----------
    kind
        What it is.
    name
        What its own service calls it.
    arn
        Its ARN, or what CloudFormation calls it where that is no ARN.
    tags
        Its tags.
    says
        What else tells whose it is: a description, or the resource that a scaling target is for.
    is_closed
        Whether its own policy refuses to tell more than its name.
    """

    kind: Kind
    name: str
    arn: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    says: str = ""
    is_closed: bool = False


@dataclass(frozen=True)
class Claims:
    """The names that one environment gives, or CloudFormation gives its resources.

    Parameters
    ----------
    names
        Of the environment.
    endpoints
        All endpoints that are known to be, or to have been, of this environment.
    """

    names: Names
    endpoints: frozenset[str]

    @property
    def stacks(self) -> frozenset[str]:
        """The names of all its stacks."""
        own = {self.names.endpoint_stack(endpoint) for endpoint in self.endpoints}
        return frozenset({self.names.artifact_stack, self.names.training_stack, self.names.github_stack, *own})

    def names_resource(self, resource: Resource) -> bool:
        """Whether the whole name, or the whole of what else it says, is of a form that is this environment's."""
        form = _FORMS.get(resource.kind)
        return form is not None and form(self, resource)

    def is_endpoint(self, name: str) -> bool:
        """Whether it is the name of an endpoint, under any way to host it."""
        return any(_follows(f"{self.names.prefix}-{endpoint}-", name, _MODE) for endpoint in self.endpoints)

    def is_generated(self, name: str) -> bool:
        """Whether CloudFormation made the name up from one of the stacks' and a logical id.

        Source: CloudFormation User Guide, "Physical ID": stack name, logical id and a random part, the first two
        cut off where the whole would be too long.
        """
        return any(_follows(f"{stack}-", name, _GENERATED) for stack in self.stacks)


def _follows(beginning: str, name: str, rest: re.Pattern[str]) -> bool:
    return name.startswith(beginning) and rest.fullmatch(name, len(beginning)) is not None


class Ownership:
    """Tells what one environment owns.

    Parameters
    ----------
    claims
        Of the environment.
    others
        Of the other environments that are known in the same account and region: what two of them could have made
        by its name is nobody's.
    """

    def __init__(self, claims: Claims, others: Sequence[Claims] = ()) -> None:
        self.claims = claims
        self._others = others

    def reason(self, resource: Resource) -> str | None:
        """Return why a resource is this environment's; None when it is not, or when nothing proves it.

        A resource with CloudFormation's tag is the stack's that the tag names, whatever its own name is.
        """
        stack = resource.tags.get(STACK_TAG)
        if stack is not None:
            is_ours = stack in self.claims.stacks and not any(stack in other.stacks for other in self._others)
            return f"its tag {STACK_TAG} is {stack}" if is_ours else None
        if not self.claims.names_resource(resource):
            return None
        if any(other.names_resource(resource) for other in self._others):
            return None
        return _REASONS.get(resource.kind, "its name is one that this environment gives")


def known_endpoints(names: Names, stacks: Iterable[tuple[str, str]], parameters: Iterable[str]) -> set[str]:
    """Return the endpoints that stacks and SSM parameters prove to be, or to have been, of an environment.

    Parameters
    ----------
    names
        Of the environment.
    stacks
        Name and description of each stack of the account and region, those that are deleted as well.
    parameters
        Names of SSM parameters.

    Notes
    -----
    The name of a stack alone does not tell `slipway`, `local` and `b-c` from `slipway`, `local-b` and `c`; its
    description does, and so do the slashes of a parameter's name.
    """
    found = {endpoint for name, says in stacks if (endpoint := _endpoint_of_stack(names, name, says))}
    form = re.compile(f"/{names.project}/{names.environment}/(?P<endpoint>{PART})/endpoint-name")
    return found | {match["endpoint"] for name in parameters if (match := form.fullmatch(name))}


def stack_description(names: Names, endpoint: str) -> str:
    """Return the description of an endpoint's stack, as `stacks.endpoint_stack` writes it."""
    return f"Slipway: the endpoint {endpoint} of {names.prefix}"


def stack_descriptions(claims: Claims) -> set[str]:
    """Return the descriptions of all stacks of an environment, as `stacks` writes them."""
    prefix = claims.names.prefix
    return {
        f"Slipway: the model artifacts of {prefix}",
        f"Slipway: the training jobs of {prefix}",
        f"Slipway: the deployments of {prefix} from GitHub",
        *(stack_description(claims.names, endpoint) for endpoint in claims.endpoints),
    }


def endpoint_prefixes(names: Names, endpoint: str) -> tuple[str, ...]:
    """Return the prefixes in the artifact bucket that an endpoint has where its settings name no others."""
    return names.tarball_prefix(endpoint), f"async/{endpoint}/", f"captures/{endpoint}/"


def bucket_key_description(names: Names) -> str:
    """Return the description of the artifact bucket's key, as `stacks.bucket_key` writes it."""
    return f"Encrypts the artifact bucket of {names.prefix}"


def _endpoint_of_stack(names: Names, name: str, says: str) -> str | None:
    start = names.endpoint_stack("")
    endpoint = name.removeprefix(start)
    return endpoint if name.startswith(start) and says == stack_description(names, endpoint) else None


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


_FORMS: dict[str, Callable[[Claims, Resource], bool]] = {
    "alarm": _is_alarm,
    "bucket": _exactly(lambda names: names.bucket),
    "dashboard": _is_dashboard,
    "endpoint": lambda claims, resource: claims.is_endpoint(resource.name),
    "endpoint config": _is_generated,
    "function": _is_generated,
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
_OF_TRAINING = "the job's name is one that this environment gives, and its output lies in its bucket"
_REASONS = {
    "objects": "it lies in this environment's bucket, and the app no longer defines its endpoint",
    "key": "its description is one that this environment gives",
    "scaling policy": "it scales an endpoint of this environment's name",
    "scaling target": "it scales an endpoint of this environment's name",
    "template": "its description names this environment",
    "training job": _OF_TRAINING,
    "training logs": _OF_TRAINING,
}
