"""What a statement of an execution role is for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Explained:
    """What a statement is for.

    Parameters
    ----------
    feature
        The setting that brings it; `hosting` for what every endpoint has.
    actions
        All that it allows.
    """

    feature: str
    actions: frozenset[str]


def explained(feature: str, *actions: str) -> Explained:
    """Say what a statement is for; parameters as of `Explained`."""
    return Explained(feature, frozenset(actions))
