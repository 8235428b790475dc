"""What all tests share."""

import os

from hypothesis import settings

# How long one example takes depends on what else the machine does.
settings.register_profile("slipway", deadline=None)
settings.load_profile("slipway")

# A developer's own credentials are nothing for a test.
os.environ["SLIPWAY_ENV_FILE"] = os.devnull
