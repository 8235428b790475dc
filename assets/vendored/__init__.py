"""Dependencies inside the tarball: `code/lib`, made of wheels that a committed file locks with their hashes.

`plan_vendored` says what a package depends on and gives its members, `update_lock` renews the lock. What a
container brings itself, PyTorch first of all, is never part of it.
"""

from assets.vendored.plan import VendoredPlan, plan_vendored
from assets.vendored.resolve import update_lock

__all__ = ["VendoredPlan", "plan_vendored", "update_lock"]
