"""Something that is left of an environment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from slipway.cleanup.resource import Resource

Clients = Callable[[str], Any]
"""Makes boto3 clients."""

State = Literal["left over", "kept", "trace"]
"""`kept` is there on purpose, a `trace` costs nothing and holds no data: neither makes an environment unclean."""


@dataclass(frozen=True)
class Finding:
    """Something that is left over, or kept on purpose.

    Parameters
    ----------
    resource
        What it is.
    reason
        Why it counts as this environment's.
    commands
        What removes it, for a shell.
    state
        Whether it is left over.
    note
        Why it is kept, or cannot be removed yet; None where there is nothing to say.
    is_held
        Whether something that is deployed still needs it.
    """

    resource: Resource
    reason: str
    commands: tuple[str, ...]
    state: State = "left over"
    note: str | None = None
    is_held: bool = False

    @property
    def is_removable(self) -> bool:
        """Whether `--remove` takes it away."""
        return self.state != "kept" and not self.is_held
