"""The ids of requests."""

from __future__ import annotations

import subprocess
import sys

from assets.checkout import ROOT
from serving.core.messages import new_request_id

FORK = """
import os
from serving.core.messages import new_request_id
new_request_id()
if (child := os.fork()) == 0:
    print(new_request_id(), flush=True)
    os._exit(0)
os.waitpid(child, 0)
print(new_request_id())
"""


def test_no_request_has_the_id_of_another():
    ids = [new_request_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert {len(name) for name in ids} == {32}


def test_a_forked_process_has_ids_of_its_own():
    command = [sys.executable, "-c", FORK]
    child, parent = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert child != parent
