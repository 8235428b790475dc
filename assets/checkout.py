"""Where the checkout and its parts lie.

Other modules read these as `checkout.STATE` at the time of use, so that a second checkout, or a test, has its
own.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""

MODEL_CODE = ROOT / "model_code"
"""The models, one folder each."""

STATE = ROOT / ".slipway"
"""Everything that is generated; git-ignored, and safe to delete."""


def shown(path: Path) -> str:
    """Return `path` as a message shows it: relative to the working directory where it lies below it."""
    working_directory = Path.cwd()
    return str(path.relative_to(working_directory) if path.is_relative_to(working_directory) else path)
