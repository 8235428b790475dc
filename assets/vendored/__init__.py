"""Dependencies inside the tarball: `code/lib`, made of wheels that a committed file locks with their hashes.

`plan_vendored` in `plan.py` says what a package depends on and gives its members, `update_lock` in `resolve.py`
renews the lock. What a container brings itself, PyTorch first of all, is never part of it.
"""
