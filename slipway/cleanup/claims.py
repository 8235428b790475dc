"""What one environment gives names to, and what proves which endpoints are, or were, its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from stacks.names import PART, Names

_INSTANCE_TYPE = r"[a-z0-9]+(-[a-z0-9]+)?-(nano|micro|small|medium|large|[0-9]*xlarge|metal)"
_MODE = re.compile(rf"serverless|(real-time|async)(-({_INSTANCE_TYPE}|[0-9a-f]{{8}}))?")
"""How the name of an endpoint ends: `stacks.settings.mode.endpoint_mode`."""

_GENERATED = re.compile(r"[A-Za-z0-9]+-[A-Za-z0-9]{12,13}")
"""A logical id and a random part."""


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
