"""What a case is: a deployment, and what a rule says about it."""

from typing import Any, NamedTuple

Deployment = dict[str, Any]
"""Keyword arguments of `deploy`."""


class Broken(NamedTuple):
    """A deployment that breaks one rule.

    Parameters
    ----------
    rule
        Its id.
    mend
        A part of how to mend it.
    deployment
        What is deployed.
    also
        The ids of other rules that it cannot help breaking.
    """

    rule: str
    mend: str
    deployment: Deployment
    also: tuple[str, ...] = ()
