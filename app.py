"""The CDK entry point: settings in, stacks out.

`-c env=NAME` chooses the environment (default local), `-c environments=DIR` another folder of settings files.
"""

import gc

# Synth is over in seconds: to look for cycles among CDK's classes would take a fifth of its Python time.
gc.disable()

import os
import sys

from assets.errors import AssetError
from stacks.environment_app import EnvironmentApp
from stacks.settings_error import SettingsError


def main() -> None:
    """Synthesize the chosen environment."""
    EnvironmentApp().synthesize_chosen(os.environ.get("CDK_DEFAULT_ACCOUNT"))
    # The interpreter looks for cycles at its end as well, unless they are known to stay.
    gc.freeze()


if __name__ == "__main__":
    try:
        main()
    except (SettingsError, AssetError) as error:
        sys.exit(str(error))
