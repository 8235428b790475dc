"""What all tests share."""

import os

from hypothesis import settings

# How long one example takes depends on what else the machine does.
settings.register_profile("slipway", deadline=None)
settings.load_profile("slipway")

# A developer's own credentials are nothing for a test.
os.environ["SLIPWAY_ENV_FILE"] = os.devnull

# Tests run beside one another: the threads of one's tensors would wait, spinning, for the cores of the others.
os.environ.setdefault("OMP_NUM_THREADS", "1")
