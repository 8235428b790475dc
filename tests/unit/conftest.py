"""What unit tests of several packages share."""

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture
def pythons_own_recursion_limit() -> Iterator[None]:
    """Take the limit of a command: other tests' libraries raise it for the whole run."""
    raised = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(raised)
