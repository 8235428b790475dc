"""Who reads and writes objects in the artifact bucket because of how an endpoint is hosted."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class ObjectAccess:
    """One statement's worth of objects.

    Parameters
    ----------
    sid
        Of the statement that allows it.
    action
        What it allows.
    prefixes
        Of the objects' keys, each with a slash at its end.
    """

    sid: str
    action: Literal["s3:GetObject", "s3:PutObject"]
    prefixes: tuple[str, ...]
