"""The CDK entry point: settings in, stacks out.

`-c env=NAME` chooses the environment (default local), `-c environments=DIR` another folder of settings files.
"""

import os
import sys

from assets.errors import AssetError
from stacks.environment_app import EnvironmentApp
from stacks.settings import SettingsError, check_account


def main() -> None:
    """Synthesize the chosen environment."""
    app = EnvironmentApp()
    settings = app.load_settings()
    check_account(settings, os.environ.get("CDK_DEFAULT_ACCOUNT"), app.environments)
    app.synthesize(settings)


if __name__ == "__main__":
    try:
        main()
    except (SettingsError, AssetError) as error:
        sys.exit(str(error))
