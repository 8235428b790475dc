"""What a look at an environment found."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.cleanup.finding import Finding
from slipway.cleanup.resource import Resource


@dataclass(frozen=True)
class Unseen:
    """A kind of resource that could not be looked at.

    Parameters
    ----------
    what
        The kind.
    reason
        What AWS answered, or why it could not be asked.
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
